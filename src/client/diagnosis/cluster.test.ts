import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterOf, isUnlikely, likelihoodOfTimes, logChoose } from "./cluster.js";

const times = (...values: number[]) => clusterOf(values, 100, likelihoodOfTimes);
const HOUR = 3_600_000;
const past = (...values: number[]) => clusterOf(values, 10_000, (width) => width / HOUR, HOUR);

describe("clusterOf()", () => {
  it("finds values that lie together, and how far apart they are", () => {
    expect(times(350_100, 350_900, 350_000)).toEqual({
      count: 3,
      of: 3,
      median: 350_100,
      low: 350_000,
      high: 350_900,
    });
    expect(times(60_000, 9000, 60_050, 60_200, 60_100)).toMatchObject({
      count: 4,
      of: 5,
      low: 60_000,
      high: 60_200,
    });
  });

  it("wants three, and three of five", () => {
    expect(times(350_000, 350_000)).toBeUndefined();
    expect(times(60_000, 60_000, 60_000, 1000, 20_000, 300_000)).toBeUndefined();
    const four = [350_000, 350_000, 350_000, 350_000];
    expect(times(...four, 1000, 20_000)).toMatchObject({ count: 4, of: 6 });
    expect(times(...four, 1000, 20_000, 90_000)).toBeUndefined();
    expect(times()).toBeUndefined();
  });

  it("is content with less precision the more there are", () => {
    expect(times(60_000, 60_400, 61_000)).toBeUndefined();
    expect(times(60_000, 60_400, 61_000, 60_700)).toMatchObject({ count: 4 });
  });

  it("draws the line where chance would bring it once in 10,000 times", () => {
    // 3 · (100 / 17,320)² is 1 in 10,000.
    expect(times(17_300, 17_300, 17_300)).toBeUndefined();
    expect(times(17_340, 17_340, 17_340)).toMatchObject({ count: 3 });
  });

  it("does not take times at the limit of what can be told apart for a pattern", () => {
    expect(times(200, 200, 200)).toBeUndefined();
  });

  it("goes around a clock", () => {
    expect(past(HOUR - 2000, 1000, HOUR - 1000, 500)).toMatchObject({
      count: 4,
      low: HOUR - 2000,
      high: HOUR + 1000,
    });
    expect(past(1000, 1000, HOUR / 2, HOUR / 3)).toBeUndefined();
  });

  // Doubles of fast-check are not uniform, integers are.
  const part = fc.integer({ min: 1, max: 2 ** 30 }).map((n) => n / 2 ** 30);
  const random: [string, (part: number) => number][] = [
    ["anything up to an hour", (part) => HOUR * part],
    ["as often short as long", (part) => 1000 * 3600 ** part],
    ["as failures come", (part) => -600_000 * Math.log(part)],
  ];
  const histories = (toTime: (part: number) => number, seed: number): number[][] => {
    const sizes = { minLength: 3, maxLength: 100, size: "max" } as const;
    return fc.sample(fc.noBias(fc.array(part.map(toTime), sizes)), { numRuns: 2000, seed });
  };

  it.each(random)("finds nothing in random times: %s", (_, toTime) => {
    const found = histories(toTime, 1).filter((values) => times(...values) !== undefined);
    expect(found.length).toBeLessThanOrEqual(1);
  });

  it.each([3, 4, 5, 6])("finds nothing in %i random times", (length) => {
    const few = fc.array(
      part.map((at) => HOUR * at),
      { minLength: length, maxLength: length },
    );
    const found = fc
      .sample(fc.noBias(few), { numRuns: 10_000, seed: 4 })
      .filter((values) => times(...values) !== undefined);
    expect(found.length).toBeLessThanOrEqual(3);
  });

  it("finds nothing in random minutes", () => {
    const found = histories((at) => (HOUR - 1) * at, 2).filter((values) => past(...values) !== undefined);
    expect(found.length).toBeLessThanOrEqual(1);
  });

  it("finds an interval among some that are not, whatever it is", () => {
    const interval = fc.integer({ min: 20_000, max: HOUR });
    const jitter = fc.array(
      part.map((at) => at / 500),
      { minLength: 4, maxLength: 40 },
    );
    fc.assert(
      fc.property(interval, jitter, (span, parts) => {
        const cluster = clusterOf([...parts.map((part) => span * (1 + part)), 1000], 100, likelihoodOfTimes)!;
        expect(cluster.count).toBe(parts.length);
        expect(Math.abs(cluster.median - span)).toBeLessThanOrEqual(span * 0.0021);
      }),
      { seed: 3 },
    );
  });
});

describe("isUnlikely()", () => {
  it("tells what chance would hardly bring", () => {
    expect(isUnlikely(3, 3, 0.01)).toBe(true);
    expect(isUnlikely(3, 3, 0.5)).toBe(false);
    expect(isUnlikely(5, 10, 0.5)).toBe(false);
    expect(isUnlikely(50, 100, 0.1)).toBe(true);
    expect(isUnlikely(1, 1, 0)).toBe(true);
    expect(isUnlikely(1, 1, 1)).toBe(false);
  });

  it.each([
    [4, 6, 0.05052, 0.05318],
    [10, 20, 0.1332, 0.13633],
    [10, 100, 0.02247, 0.02303],
  ])("draws the line at 1 in 10,000: %i of %i", (k, n, less, more) => {
    // By the binomial distribution, with 9 and with 11 in 100,000.
    expect(isUnlikely(k, n, less)).toBe(true);
    expect(isUnlikely(k, n, more)).toBe(false);
  });
});

it("logChoose() counts the ways", () => {
  expect(Math.exp(logChoose(5, 2))).toBeCloseTo(10);
  expect(Math.exp(logChoose(100, 0))).toBe(1);
});
