import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIRST_BYTES, SlowStart } from "./slow-start.js";

const KIB = 1024;

/** A link with a replay of `frames` (bytes each; 0 is a PING), written as far as the pace allows. */
function replay(frames: readonly number[], end = frames.length) {
  const pace = new SlowStart();
  pace.begin(end);
  let at = 0;
  let handed = 0;
  let acked = 0;
  const pings: { handed: number; position: number }[] = [];
  /** Writes until the pace says no; returns the bytes on the link. */
  const write = () => {
    while (at < frames.length && pace.allows(handed - acked, pings.length)) {
      handed += frames[at++];
      // A PING that closes a chunk goes out with it.
      if (frames[at] === 0) pings.push({ handed, position: ++at });
    }
    return handed - acked;
  };
  const pong = () => {
    const ping = pings.shift()!;
    const bytes = ping.handed - acked;
    acked = ping.handed;
    pace.confirmed(bytes, ping.position);
  };
  return { pace, write, pong, pings, done: () => at === frames.length, written: () => at };
}

/** So many chunks of 64 KiB, with a PING behind each. */
const chunks = (count: number) => Array.from({ length: count }, () => [64 * KIB, 0]).flat();

describe("a replay", () => {
  it("begins with little, and doubles with every round trip that is confirmed", () => {
    const { write, pong, pings } = replay(chunks(200));
    const trips: number[] = [];
    for (let i = 0; i < 4; i++) {
      trips.push(write());
      for (let left = pings.length; left > 0; left--) pong();
    }
    expect(FIRST_BYTES).toBe(256 * KIB);
    expect(trips).toEqual([256 * KIB, 512 * KIB, 1024 * KIB, 2048 * KIB]);
  });

  it("goes on as confirmations come, not only when all have", () => {
    const { write, pong, written } = replay(chunks(200));
    write();
    const before = written();
    pong();
    write();
    expect(written()).toBeGreaterThan(before);
  });

  it("has no pace any more as soon as its end is confirmed", () => {
    const { pace, write, pong, pings } = replay(chunks(6), 12);
    write();
    while (pings.length > 0) {
      pong();
      write();
    }
    expect(pace.allows(1e12, 1)).toBe(true);
  });

  it("keeps its pace while what it confirms is before the end", () => {
    const { pace, write, pong } = replay(chunks(200));
    write();
    pong();
    expect(pace.allows(1e12, 1)).toBe(false);
  });

  it("begins anew with the next link", () => {
    const { pace, write, pong } = replay(chunks(200));
    for (let i = 0; i < 8; i++) {
      write();
      pong();
    }
    pace.begin(400);
    expect(pace.allows(FIRST_BYTES - 1, 1)).toBe(true);
    expect(pace.allows(FIRST_BYTES, 1)).toBe(false);
  });

  it("is not waited for when there is none", () => {
    const pace = new SlowStart();
    expect(pace.allows(1e12, 1)).toBe(true);
    pace.begin(10);
    pace.stop();
    expect(pace.allows(1e12, 1)).toBe(true);
  });

  it("of one frame larger than the pace goes out whole, and what is behind it follows", () => {
    const { write, pong, pings, done } = replay([8 * KIB * KIB, 8 * KIB * KIB, 0, 10, 0]);
    write();
    expect(pings).toHaveLength(1);
    pong();
    write();
    expect(done()).toBe(true);
  });

  it("never stands still, whatever the frames and the PINGs between them (property)", () => {
    const frame = fc.oneof(fc.integer({ min: 1, max: 2_000_000 }), fc.constant(0));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 60 }), (frames) => {
        const { write, pong, pings, done } = replay(frames);
        for (let turn = 0; turn <= frames.length && !done(); turn++) {
          write();
          if (pings.length > 0) pong();
        }
        write();
        expect(done()).toBe(true);
      }),
    );
  });
});
