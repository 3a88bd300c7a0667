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
  /** Writes until the pace says no, in pieces that fit it; returns the bytes on the link. */
  const write = () => {
    while (at < frames.length && pace.allows(handed - acked, pings.length)) {
      const most = handed + pace.room(handed - acked);
      do handed += frames[at++];
      while (at < frames.length && handed + frames[at] <= most);
      pings.push({ handed, position: at });
    }
    return handed - acked;
  };
  const pong = (delay = 0) => {
    const ping = pings.shift()!;
    const bytes = ping.handed - acked;
    acked = ping.handed;
    pace.confirmed(bytes, ping.position, delay);
  };
  /** Writes, and has everything confirmed; returns the bytes that were on the link. */
  const trip = (delay?: number) => {
    const bytes = write();
    while (pings.length > 0) pong(delay);
    return bytes;
  };
  return { pace, write, pong, trip, pings, done: () => at === frames.length, written: () => at };
}

/** So many KiB of small messages. */
const messages = (kib: number) => Array<number>(kib * 4).fill(KIB / 4);

describe("a replay", () => {
  it("begins with little, and is four times as fast with every round trip that is confirmed", () => {
    const { trip } = replay(messages(16 * KIB));
    const trips = [1, 2, 3, 4, 5, 6].map(() => trip() / KIB);
    expect(trips).toEqual([8, 32, 128, 512, 2048, 8192]);
  });

  it("needs five round trips and a part of one for a full window of 8 MiB", () => {
    const { trip, done } = replay(messages(8 * KIB));
    for (let i = 0; i < 5; i++) trip();
    expect(done()).toBe(false);
    trip();
    expect(done()).toBe(true);
  });

  it.each([
    [100, 32],
    [200, 16],
    [400, 10],
    [2000, 8],
    [4900, 8],
  ])("gets hardly faster while the PONGs come late: %i ms", (delay, kib) => {
    const { trip } = replay(messages(KIB));
    trip(delay);
    expect(Math.round(trip(delay) / KIB)).toBe(kib);
  });

  it("gets as fast as ever when they are quick again, and never stands still before", () => {
    const { trip } = replay(messages(4 * KIB));
    for (let i = 0; i < 10; i++) expect(trip(1000)).toBeLessThan(16 * KIB);
    const before = trip();
    expect(trip()).toBeCloseTo(4 * before, -4);
  });

  it("writes no small pieces while a PONG is to come", () => {
    const { pace, write, pong, pings } = replay([3 * KIB, 3 * KIB, ...messages(64)]);
    write();
    expect(pings).toHaveLength(1);
    expect(pace.allows(4 * KIB, 1)).toBe(true);
    expect(pace.allows(4 * KIB + 1, 1)).toBe(false);
    expect(pace.allows(4 * KIB + 1, 0)).toBe(true);
    pong();
    expect(pings).toHaveLength(0);
  });

  it("goes on as confirmations come, not only when all have", () => {
    const { write, pong, written } = replay(messages(4 * KIB));
    write();
    const before = written();
    pong();
    write();
    expect(written()).toBeGreaterThan(before);
  });

  it("has no pace any more as soon as its end is confirmed", () => {
    const { pace, trip, done } = replay(messages(64));
    while (!done()) trip();
    expect(pace.allows(1e12, 1)).toBe(true);
  });

  it("keeps its pace while what it confirms is before the end", () => {
    const { pace, write, pong } = replay(messages(4 * KIB));
    write();
    pong();
    expect(pace.allows(1e12, 1)).toBe(false);
  });

  it("begins anew with the next link", () => {
    const { pace, trip } = replay(messages(4 * KIB));
    for (let i = 0; i < 4; i++) trip();
    expect(pace.room(0)).toBeGreaterThan(FIRST_BYTES);
    pace.begin(400);
    expect(pace.room(0)).toBe(FIRST_BYTES);
  });

  it("is not waited for when there is none", () => {
    const pace = new SlowStart();
    expect(pace.allows(1e12, 1)).toBe(true);
    pace.begin(10);
    pace.stop();
    expect(pace.allows(1e12, 1)).toBe(true);
    expect(pace.room(1e12)).toBe(Number.POSITIVE_INFINITY);
  });

  it("of one frame larger than the pace goes out whole, and what is behind it follows", () => {
    const { write, pong, pings, done } = replay([8 * KIB * KIB, 8 * KIB * KIB, 10]);
    write();
    expect(pings).toHaveLength(1);
    pong();
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
