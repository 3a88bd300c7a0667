import { describe, expect, it } from "vitest";
import { Random } from "../random.js";
import { Corruption, type CorruptionRate } from "./corruption.js";

const SIZE = 100_000;
const every = (bytes: number): CorruptionRate => ({ every: bytes, probability: undefined });
const likely = (probability: number): CorruptionRate => ({ every: undefined, probability });

/** The offsets that are changed in a stream of zeros that comes in pieces of `piece`. */
function changed(rate: CorruptionRate, piece = SIZE, seed = 1): number[] {
  const corruption = new Corruption(new Random(seed).float);
  const parts: Buffer[] = [];
  let count = 0;
  for (let at = 0; at < SIZE; at += piece) {
    const result = corruption.apply(Buffer.alloc(Math.min(piece, SIZE - at)), rate);
    parts.push(result.data);
    count += result.changed;
  }
  const data = Buffer.concat(parts);
  expect(data).toHaveLength(SIZE);
  const offsets = [...data.keys()].filter((at) => data[at] !== 0);
  expect(offsets).toHaveLength(count);
  return offsets;
}

describe("corruption", () => {
  it("of one byte in so many: one in each block of that size", () => {
    const offsets = changed(every(1_000));
    expect(offsets.map((at) => Math.floor(at / 1_000))).toEqual([...Array(100).keys()]);
    expect(new Set(offsets.map((at) => at % 1_000)).size).toBeGreaterThan(50);
    expect(changed(every(1))).toHaveLength(SIZE);
  });

  it("with a probability: about so many", () => {
    expect(changed(likely(0.01)).length).toBeGreaterThan(850);
    expect(changed(likely(0.01)).length).toBeLessThan(1_150);
    expect(changed(likely(0))).toEqual([]);
    expect(changed(likely(1))).toHaveLength(SIZE);
  });

  it.each([[every(333)], [likely(0.003)]])("%j does not depend on the pieces, but on the seed", (rate) => {
    const whole = changed(rate);
    for (const piece of [1, 10, 333, 65_536]) expect(changed(rate, piece)).toEqual(whole);
    expect(changed(rate, SIZE, 2)).not.toEqual(whole);
  });

  it("never changes what it was given: it copies what it changes, and only that", () => {
    const corruption = new Corruption(new Random(1).float);
    const rate = every(10);
    const data = Buffer.alloc(10);
    expect(corruption.apply(data, rate).data).not.toEqual(data);
    expect(data).toEqual(Buffer.alloc(10));
    const untouched = corruption.apply(data, likely(0));
    expect(untouched).toEqual({ data, changed: 0 });
    expect(untouched.data).toBe(data);
  });

  it("takes a new rate at once", () => {
    const corruption = new Corruption(new Random(1).float);
    corruption.apply(Buffer.alloc(1), every(1_000_000));
    expect(corruption.apply(Buffer.alloc(1), every(1)).changed).toBe(1);
  });
});
