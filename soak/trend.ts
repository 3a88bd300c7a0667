import { median } from "../bench/statistics.js";

/** How a series of figures goes, robustly: a few outliers, or the teeth of the garbage collector's saw, do not bend it. */
export interface Trend {
  /** Units per step: Theil and Sen's estimate, the median of the slopes between any two points. */
  readonly slope: number;
  /** With 99 % confidence the true slope is not below this. */
  readonly low: number;
  /** With 99 % confidence the true slope is not above this. */
  readonly high: number;
}

/** A figure at a step, such as the number of the fault after which it was read. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

/** So many groups are compared pair by pair; their medians also take the teeth off a saw. */
const GROUPS = 60;
/** 99 % of a normal distribution are within so many standard deviations of its middle. */
const Z99 = 2.576;

/** Theil and Sen's slope with the interval that Kendall's distribution gives. Fewer than three points show nothing. */
export function trendOf(points: readonly Point[]): Trend {
  const groups = medians(points, GROUPS);
  const slopes: number[] = [];
  groups.forEach((a, index) => {
    for (const b of groups.slice(index + 1)) slopes.push((b.value - a.value) / (b.step - a.step));
  });
  if (slopes.length < 3) return { slope: 0, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  slopes.sort((a, b) => a - b);
  const n = groups.length;
  const spread = Z99 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  return {
    slope: median(slopes),
    low: slopes[Math.floor((slopes.length - spread) / 2)] ?? Number.NEGATIVE_INFINITY,
    high: slopes[Math.ceil((slopes.length + spread) / 2)] ?? Number.POSITIVE_INFINITY,
  };
}

/** At most `count` points, each the medians of as many neighbours. */
export function medians(points: readonly Point[], count: number): Point[] {
  const size = Math.max(1, Math.ceil(points.length / count));
  const groups: Point[] = [];
  for (let at = 0; at < points.length; at += size) {
    const group = points.slice(at, at + size);
    groups.push({
      step: median(group.map(({ step }) => step)),
      value: median(group.map(({ value }) => value)),
    });
  }
  return groups;
}
