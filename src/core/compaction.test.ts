import { describe, expect, it } from "vitest";
import { WindowWorld } from "../testing/worlds/window-world.js";
import type { Chunk } from "../wire/chunk.js";
import { Kind } from "../wire/frame.js";

const PAYLOAD = Buffer.alloc(500);
const FRAMES = 2000;

function chunksOf(world: WindowWorld): readonly Chunk[] {
  return (world.window as unknown as { chunks: Chunk[] }).chunks;
}

/** Bytes that the window keeps, those of the index with them. */
function held(world: WindowWorld): number {
  return chunksOf(world).reduce(
    (sum, { bytes, ends, meta }) => sum + bytes.length + (ends.length + meta.length) * 4,
    0,
  );
}

/** A window of many chunks, of whose messages only each `nth` is left. */
function thinned(nth: number): { world: WindowWorld; left: string[] } {
  const world = new WindowWorld();
  const left: string[] = [];
  for (let i = 0; i < FRAMES; i++) {
    const seq = world.append(Kind.Data, `a${i}`, PAYLOAD);
    if (i % nth === 0) left.push(`a${i}`);
    else world.window.dropFrame(seq, "ttl");
  }
  world.window.sweep();
  return { world, left };
}

describe("a chunk of mostly holes", () => {
  it("is made as small as what is left in it", () => {
    const { world } = thinned(20);
    expect(held(world)).toBeLessThan(3 * world.window.bytes + 2 * 64 * 1024);
    expect(world.pool.used).toBeLessThanOrEqual(2);
  });

  it("is written, confirmed and given back like any other; the bytes are right all the time", () => {
    const { world, left } = thinned(20);
    world.window.appendPing(0);
    expect(world.write().filter((name) => name !== "PING")).toEqual(left);
    const bytes = [world.window.bytes];
    while (world.pings.length > 0) {
      world.pong();
      bytes.push(world.window.bytes);
    }
    expect(bytes).toEqual(bytes.toSorted((a, b) => b - a));
    expect(bytes.at(-1)).toBe(0);
    expect(world.books).toMatchObject({ accepted: FRAMES, confirmed: left.length, pending: 0 });
    expect(world.window.held).toBe(0);
    expect(world.pool.used).toBe(0);
  });

  it("can be thinned out again, and what is on a link is left as it is", () => {
    const { world, left } = thinned(4);
    for (const [i, name] of left.entries())
      if (i % 8 !== 0) world.window.dropFrame(Number(name.slice(1)) + pingsBefore(world, name), "ttl");
    world.window.sweep();
    const rest = left.filter((_, i) => i % 8 === 0);
    world.window.appendPing(0);
    expect(world.write().filter((name) => name !== "PING")).toEqual(rest);
    const before = chunksOf(world).map(({ bytes }) => bytes);
    world.window.sweep();
    expect(chunksOf(world).map(({ bytes }) => bytes)).toEqual(before);
    world.die();
    expect(world.write().filter((name) => name !== "PING")).toEqual(rest);
  });
});

/** PINGs that stand before a message: each closed chunk has one. */
function pingsBefore(world: WindowWorld, name: string): number {
  for (const chunk of chunksOf(world)) {
    for (let i = 0; i < chunk.count; i++) {
      const text = chunk.bytes.toString("latin1", chunk.startOf(i), chunk.ends[i]);
      if (text.startsWith(`PUB ${name} `)) return chunk.base + i - Number(name.slice(1));
    }
  }
  throw new Error(`${name} is not there`);
}

describe("who hears of a dropped message and publishes", () => {
  it("does not move the frames that are dropped with it", () => {
    const world = new WindowWorld();
    for (let i = 0; i < 400; i++) world.append(Kind.Data, `a${i}`, PAYLOAD);
    const { onDropped } = world;
    world.onDropped = (...args) => {
      onDropped.apply(world, args);
      // Chunks are opened, and the others swept, in the middle of it.
      for (let i = 0; i < 3; i++) world.append(Kind.Data, "late", Buffer.alloc(30_000));
    };
    expect(world.window.dropOldest(120, 0, () => true)).toBe(true);
    expect(new Set(world.told).size).toBe(120);
    expect(world.books).toMatchObject({ accepted: 400 + 360, dropped: 120, pending: 640 });
    world.window.appendPing(0);
    const written = world.write().filter((name) => name !== "PING");
    expect(written.slice(0, 280)).toEqual(Array.from({ length: 280 }, (_, i) => `a${i + 120}`));
    expect(written).toHaveLength(640);
  });
});
