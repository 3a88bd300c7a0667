import { expect, test } from "vitest";
import { seeded } from "../demo/random.js";
import { estimate, median, quantile, ratios } from "./statistics.js";

test("median of an odd and of an even number of values, in any order", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

test("median leaves its input alone", () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});

test("what never ended counts as infinite, and does not spoil the median", () => {
  expect(median([1, 2, Number.POSITIVE_INFINITY])).toBe(2);
  expect(median([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
});

test("quantiles are interpolated", () => {
  expect(quantile([10, 20, 30, 40, 50], 0.9)).toBeCloseTo(46);
  expect(quantile([10, 20, 30], 0)).toBe(10);
  expect(quantile([10, 20, 30], 1)).toBe(30);
});

test("ratios are taken pair by pair", () => {
  expect(ratios([6, 10], [2, 5])).toEqual([3, 2]);
  expect(() => ratios([1], [])).toThrow(RangeError);
});

test("the same seed gives the same interval", () => {
  const values = [1, 5, 2, 8, 3, 9, 4];
  expect(estimate(values, seeded(7))).toEqual(estimate(values, seeded(7)));
});

test("an interval of equal values has no width", () => {
  expect(estimate([2, 2, 2], seeded(1))).toEqual({ median: 2, low: 2, high: 2 });
});

test("the interval holds the true median about 95 times in 100, and narrows with more values", () => {
  const random = seeded(42);
  const draw = (n: number) => Array.from({ length: n }, () => random() * 2);
  let held = 0;
  for (let i = 0; i < 100; i++) {
    const { low, high } = estimate(draw(15), random);
    if (low <= 1 && 1 <= high) held++;
  }
  expect(held).toBeGreaterThan(88);
  expect(held).toBeLessThan(100);
  const few = estimate(draw(10), random);
  const many = estimate(draw(200), random);
  expect(many.high - many.low).toBeLessThan(few.high - few.low);
});
