import { describe, expect, it } from "vitest";
import { between, seeded } from "../demo/random.js";
import { medians, type Point, trendOf } from "./trend.js";

const series = (count: number, value: (step: number) => number): Point[] =>
  Array.from({ length: count }, (_, step) => ({ step, value: value(step) }));

describe("the trend", () => {
  it("of a line is its slope, without doubt", () => {
    expect(trendOf(series(200, (step) => 7 + 3 * step))).toEqual({ slope: 3, low: 3, high: 3 });
  });

  it("does not bend to outliers", () => {
    const { slope, low, high } = trendOf(series(300, (step) => (step % 20 === 19 ? 1e9 : 5 * step)));
    expect(slope).toBeCloseTo(5, 5);
    expect([low, high].map(Math.round)).toEqual([5, 5]);
  });

  it("of noise encloses zero, nearly always", () => {
    const missed = Array.from({ length: 100 }, (_, seed) => {
      const random = seeded(seed + 1);
      const { low, high } = trendOf(series(240, () => between(random, 0, 100_000)));
      return low > 0 || high < 0;
    }).filter(Boolean);
    expect(missed.length).toBeLessThanOrEqual(5);
  });

  it("shows nothing with too few points", () => {
    for (const count of [0, 1, 2])
      expect(trendOf(series(count, (step) => step))).toEqual({
        slope: 0,
        low: Number.NEGATIVE_INFINITY,
        high: Number.POSITIVE_INFINITY,
      });
    expect(trendOf(series(4, (step) => step)).high).toBe(Number.POSITIVE_INFINITY);
  });
});

it("medians of groups keep every point where there is room, and the middle of neighbours where not", () => {
  expect(
    medians(
      series(5, (step) => step * 10),
      5,
    ),
  ).toHaveLength(5);
  expect(
    medians(
      series(6, (step) => (step === 4 ? 1000 : step)),
      2,
    ),
  ).toEqual([
    { step: 1, value: 1 },
    { step: 4, value: 5 },
  ]);
});
