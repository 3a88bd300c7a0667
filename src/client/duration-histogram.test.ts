import { expect, it } from "vitest";
import { DurationHistogram } from "./duration-histogram.js";

it("counts into the first bucket whose bound is not below the value", () => {
  const histogram = new DurationHistogram([1, 5]);
  for (const value of [0, 1, 1.1, 5, 5.1, 100]) histogram.add(value);
  expect(histogram.counts).toEqual([2, 2, 2]);
  expect(histogram.count).toBe(6);
  expect(histogram.sum).toBeCloseTo(112.2);
});

it("is empty at first", () => {
  expect(new DurationHistogram([1, 2])).toMatchObject({ counts: [0, 0, 0], sum: 0, count: 0 });
});
