import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHUNK_BYTES, CHUNK_FRAMES, type Chunk, ChunkPool, PING_BYTES } from "./chunk.js";
import { encodePing, encodeProtocol } from "./encoder.js";

const LINE = Buffer.from("UNSUB 1\r\n");

describe("room in a chunk", () => {
  it("always leaves the bytes of the PING that closes it", () => {
    const chunk = new ChunkPool().take(1);
    while (chunk.free >= 1000) encodeProtocol(chunk, Buffer.alloc(1000));
    encodeProtocol(chunk, Buffer.alloc(chunk.free));
    expect(chunk.free).toBe(0);
    encodePing(chunk);
    expect(chunk.fill).toBe(CHUNK_BYTES);
  });

  it("always leaves a place in the index for the PING that closes it", () => {
    const chunk = new ChunkPool().take(1);
    while (chunk.free >= LINE.length) encodeProtocol(chunk, LINE);
    expect(chunk.count).toBe(CHUNK_FRAMES - 1);
    expect(chunk.fill).toBeLessThan(CHUNK_BYTES / 2);
    encodePing(chunk);
    expect(chunk.ends[CHUNK_FRAMES - 1]).toBe(chunk.fill);
    expect(chunk.free).toBe(0);
  });

  it.each([CHUNK_BYTES - PING_BYTES, CHUNK_BYTES - PING_BYTES + 1, CHUNK_BYTES, 1024 * 1024])(
    "is enough for a frame of %i bytes and its PING",
    (bytes) => {
      const chunk = new ChunkPool().take(bytes);
      expect(chunk.free).toBeGreaterThanOrEqual(bytes);
      encodeProtocol(chunk, Buffer.alloc(bytes));
      encodePing(chunk);
      expect(chunk.fill).toBe(bytes + PING_BYTES);
      expect(chunk.free).toBeLessThanOrEqual(0);
    },
  );
});

describe("the pool", () => {
  it("hands a chunk that was given back out again, as new", () => {
    const pool = new ChunkPool();
    const chunk = pool.take(10);
    encodeProtocol(chunk, LINE);
    encodePing(chunk);
    chunk.live = 3;
    chunk.liveBytes = 30;
    chunk.holes = true;
    pool.give(chunk);
    const again = pool.take(10);
    expect(again).toBe(chunk);
    expect(again).toMatchObject({
      count: 0,
      fill: 0,
      live: 0,
      liveBytes: 0,
      holes: false,
      refs: 0,
      released: false,
    });
    expect(again.pings).toEqual([]);
    expect(pool.take(10)).not.toBe(chunk);
  });

  it("never hands out a chunk that a write still refers to", () => {
    const pool = new ChunkPool();
    const chunk = pool.take(10);
    chunk.refs = 2;
    pool.give(chunk);
    expect(pool.free).toBe(0);
    expect(pool.take(10)).not.toBe(chunk);
    pool.unref(chunk);
    expect(pool.free).toBe(0);
    pool.unref(chunk);
    expect(pool.free).toBe(1);
    expect(pool.take(10)).toBe(chunk);
  });

  it("does not take a chunk back because its writes have ended, as long as the window has it", () => {
    const pool = new ChunkPool();
    const chunk = pool.take(10);
    chunk.refs = 1;
    pool.unref(chunk);
    expect(pool.free).toBe(0);
    expect(pool.used).toBe(1);
    pool.give(chunk);
    expect(pool.free).toBe(1);
    expect(pool.used).toBe(0);
  });

  it("does not keep chunks made to measure for a large frame", () => {
    const pool = new ChunkPool();
    const large = pool.take(CHUNK_BYTES + 1);
    expect(large.bytes.length).toBeGreaterThan(CHUNK_BYTES);
    large.refs = 1;
    pool.give(large);
    pool.unref(large);
    expect(pool.free).toBe(0);
    expect(pool.used).toBe(0);
    expect(pool.take(CHUNK_BYTES + 1)).not.toBe(large);
  });

  it("keeps no more idle chunks than it is told", () => {
    const pool = new ChunkPool(2);
    const chunks = [pool.take(1), pool.take(1), pool.take(1)];
    for (const chunk of chunks) pool.give(chunk);
    expect(pool.free).toBe(2);
    expect(pool.used).toBe(0);
  });

  it("counts every chunk once, and shares none between two owners (property)", () => {
    const step = fc.record({
      what: fc.constantFrom("take", "takeLarge", "write", "ended", "give"),
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const pool = new ChunkPool(3);
        const owned: Chunk[] = [];
        const writes: Chunk[] = [];
        for (const { what, pick } of steps) {
          if (what === "take" || what === "takeLarge") {
            const chunk = pool.take(what === "take" ? pick % 1000 : CHUNK_BYTES + (pick % 10));
            expect(owned).not.toContain(chunk);
            expect(writes).not.toContain(chunk);
            expect(chunk.fill + chunk.count + chunk.refs).toBe(0);
            owned.push(chunk);
          } else if (what === "write" && owned.length > 0) {
            const chunk = owned[pick % owned.length];
            chunk.refs++;
            writes.push(chunk);
          } else if (what === "ended" && writes.length > 0) {
            pool.unref(writes.splice(pick % writes.length, 1)[0]);
          } else if (what === "give" && owned.length > 0) {
            pool.give(owned.splice(pick % owned.length, 1)[0]);
          }
          const pooled = new Set([...owned, ...writes].filter((chunk) => chunk.bytes.length === CHUNK_BYTES));
          expect(pool.used).toBe(pooled.size);
          expect(pool.free).toBeLessThanOrEqual(3);
        }
      }),
      { numRuns: 25 },
    );
  });
});
