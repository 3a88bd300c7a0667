import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WindowWorld } from "../testing/worlds/window-world.js";
import { Kind } from "../wire/frame.js";
import { OutageBuffer } from "./outage-buffer.js";

/** Encoded bytes of a message. */
const SIZE = "PUB abcd 1\r\nx\r\n".length;

/** An outage's buffer, and a window whose link the test plays. */
class World extends WindowWorld {
  readonly buffer = new OutageBuffer(this.window);

  override onDropped(...args: Parameters<WindowWorld["onDropped"]>): void {
    super.onDropped(...args);
    const [, chunk, frame] = args;
    this.buffer.freed(chunk.base + frame, chunk.ends[frame] - chunk.startOf(frame));
  }

  /** Accepts a message during an outage. */
  take(): number {
    this.buffer.add(SIZE);
    return this.append(Kind.Data, "abcd");
  }

  /** A link stands. */
  connect(): this {
    this.buffer.end();
    return this;
  }

  confirmAll(): void {
    this.window.appendPing(0);
    this.write();
    while (this.pings.length > 0) this.pong();
  }

  lose(): void {
    this.die();
    this.buffer.begin();
  }
}

describe("an outage's buffer", () => {
  it("counts what was accepted since its beginning, and nothing else", () => {
    const world = new World().connect();
    const early = world.append(Kind.Data, "early");
    world.lose();
    const mine = world.take();
    world.window.appendPing(0);
    const second = world.take();
    expect(world.buffer).toMatchObject({ bytes: 2 * SIZE, messages: 2 });
    expect([early, mine, second].map(world.buffer.has)).toEqual([false, true, true]);
  });

  // Found by the simulator, seed 408049.
  it("does not count what was accepted before it and is only written once more", () => {
    const world = new World().connect();
    world.lose();
    const again = world.append(Kind.SafeRequest, "again");
    world.buffer.exempt(again, again + 1);
    const mine = world.take();
    const later = world.append(Kind.SafeRequest, "again");
    world.buffer.exempt(later, later + 1);
    const last = world.take();
    expect(world.buffer).toMatchObject({ bytes: 2 * SIZE, messages: 2 });
    expect([again, mine, later, last].map(world.buffer.has)).toEqual([false, true, false, true]);
    world.connect().lose();
    expect(world.buffer).toMatchObject({ bytes: 2 * SIZE, messages: 2 });
  });

  it("exempts nothing while a link stands", () => {
    const world = new World().connect();
    const again = world.append(Kind.SafeRequest, "again");
    world.buffer.exempt(again, again + 1);
    world.lose();
    world.take();
    expect(world.buffer).toMatchObject({ bytes: SIZE, messages: 1 });
  });

  it("has room again for what was dropped of it, and none for what was dropped of others", () => {
    const world = new World().connect();
    const early = world.append(Kind.Data, "early");
    world.lose();
    const mine = world.take();
    world.window.dropFrame(early, "ttl");
    expect(world.buffer).toMatchObject({ bytes: SIZE, messages: 1 });
    world.window.dropFrame(mine, "ttl");
    expect(world.buffer).toMatchObject({ bytes: 0, messages: 0 });
  });

  it("is empty at the next outage, when all of it was confirmed", () => {
    const world = new World();
    world.take();
    world.connect().confirmAll();
    world.lose();
    expect(world.buffer).toMatchObject({ bytes: 0, messages: 0 });
    expect(world.buffer.has(0)).toBe(false);
  });

  it("keeps what the last outage has left, and not what was published between the two", () => {
    const world = new World();
    const first = world.take();
    world.connect();
    const between = world.append(Kind.Data, "between");
    world.lose();
    const second = world.take();
    expect(world.buffer).toMatchObject({ bytes: 2 * SIZE, messages: 2 });
    expect([first, between, second].map(world.buffer.has)).toEqual([true, false, true]);
    world.window.dropFrame(between, "ttl");
    expect(world.buffer.messages).toBe(2);
  });

  it("does not count what was confirmed of the last outage", () => {
    const world = new World();
    for (let i = 0; i < 100; i++) world.take();
    world.window.appendPing(0);
    const left = world.take();
    world.connect().write();
    world.pong();
    world.lose();
    expect(world.window.isPending(left)).toBe(true);
    expect(world.buffer).toMatchObject({ bytes: SIZE, messages: 1 });
  });

  it("is bounded in what it remembers of outages that nothing confirms", () => {
    const world = new World();
    for (let i = 0; i < 400; i++) {
      world.take();
      world.connect().append(Kind.Data, "between");
      world.lose();
    }
    const { ranges } = world.buffer as unknown as { ranges: unknown[] };
    expect(ranges.length).toBeLessThanOrEqual(256);
    const young = [...Array(400).keys()].map((i) => 400 + i).filter(world.buffer.has);
    expect(young).toEqual(young.filter((seq) => seq % 2 === 0));
    expect(young).toHaveLength(200);
    // Of the first ones, what was published between them counts too: nothing is forgotten.
    expect([0, 2, 4].every(world.buffer.has)).toBe(true);
    expect(world.buffer.messages).toBeGreaterThan(400);
  });

  it("knows its own over any number of outages (property)", () => {
    const step = fc.constantFrom("take", "publish", "ping", "lose", "connect");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World();
        const mine = new Set<number>();
        let connected = false;
        for (const one of steps) {
          if (one === "connect" && !connected) {
            world.connect();
            connected = true;
          }
          if (one === "ping") world.window.appendPing(0);
          if (one === "lose" && connected) {
            world.lose();
            connected = false;
          }
          if (one === "take" && !connected) mine.add(world.take());
          if (one === "publish" && connected) world.append(Kind.Data, "a");
        }
        // PINGs between them do not matter.
        const known = [...Array(world.window.position).keys()].filter(
          (seq) => world.buffer.has(seq) && world.window.isPending(seq),
        );
        expect(known).toEqual([...mine]);
        expect(world.buffer.messages).toBe(mine.size);
      }),
    );
  });
});
