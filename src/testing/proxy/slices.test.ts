import { describe, expect, it } from "vitest";
import { Random } from "../random.js";
import { Slices } from "./slices.js";

/** The slices of a stream of `total` bytes that comes in pieces of `piece`. */
function cut(total: number, piece: number, average: number, variation: number): number[] {
  const slices = new Slices(new Random(3).float);
  const sizes: number[] = [];
  let current = 0;
  for (let at = 0; at < total; at += piece) {
    for (let left = Math.min(piece, total - at); left > 0; ) {
      const taken = slices.take(left, average, variation);
      left -= taken;
      current += taken;
      if (!slices.complete) continue;
      sizes.push(current);
      current = 0;
    }
  }
  return sizes;
}

describe("slices", () => {
  it("are of the size that is asked for", () => {
    expect(cut(100, 1_000, 10, 0)).toEqual(Array(10).fill(10));
    const sizes = cut(1_000_000, 65_536, 100, 90);
    expect(Math.min(...sizes)).toBe(10);
    expect(Math.max(...sizes)).toBe(190);
    expect(1_000_000 / sizes.length).toBeCloseTo(100, -1);
  });

  it("do not depend on the pieces in which the stream comes", () => {
    const whole = cut(10_000, 10_000, 50, 49);
    for (const piece of [1, 7, 50, 1_000]) expect(cut(10_000, piece, 50, 49)).toEqual(whole);
  });
});
