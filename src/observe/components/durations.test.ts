import { describe, expect, it } from "vitest";
import { addDurations, durationsOf } from "./durations.js";

const one = { bounds: [10, 100], counts: [1, 2, 3], sum: 500, count: 6 };

describe("durations", () => {
  it("are copied when they are some", () => {
    const copy = durationsOf(one);
    expect(copy).toEqual(one);
    expect(copy!.counts).not.toBe(one.counts);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a word", "fast"],
    ["bounds that do not ascend", { ...one, bounds: [10, 10] }],
    ["too few counts", { ...one, counts: [1, 2] }],
    ["a count below zero", { ...one, counts: [1, -2, 3] }],
    ["a bound that is no number", { ...one, bounds: [10, Number.POSITIVE_INFINITY] }],
    ["a sum that is no number", { ...one, sum: Number.NaN }],
    [
      "very many buckets",
      { ...one, bounds: Array.from({ length: 65 }, (_, i) => i), counts: new Array(66).fill(0) },
    ],
  ])("are none: %s", (_, given) => {
    expect(durationsOf(given)).toBeUndefined();
  });

  it("are added up, and taken away again", () => {
    const both = addDurations(one, one);
    expect(both).toEqual({ bounds: [10, 100], counts: [2, 4, 6], sum: 1_000, count: 12 });
    expect(addDurations(both, one, -1)).toEqual(one);
    expect(addDurations(undefined, one)).toEqual(one);
    expect(addDurations(one, undefined)).toEqual(one);
  });

  it("of other bounds count as no quicker than they were", () => {
    const other = { bounds: [5, 50, 500], counts: [1, 1, 1, 1], sum: 700, count: 4 };
    expect(addDurations(one, other)).toEqual({ bounds: [10, 100], counts: [2, 3, 5], sum: 1_200, count: 10 });
  });
});
