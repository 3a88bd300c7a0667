import type { Histogram } from "../../index.js";

/** How long things took, checked: bounds in ms, ascending. */
export type Durations = Histogram;

/** Buckets of a histogram, at most: each is a series. */
const BUCKETS = 64;

/** A copy of counts in buckets; undefined when they are none. */
export function durationsOf(given: unknown): Durations | undefined {
  const { bounds, counts, sum, count } = (given ?? {}) as Partial<Record<keyof Histogram, unknown>>;
  if (!isNumbers(bounds) || !isNumbers(counts) || !isCount(sum) || !isCount(count)) return undefined;
  const ascends = bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]);
  if (!ascends || bounds.length > BUCKETS || counts.length !== bounds.length + 1) return undefined;
  return { bounds: [...bounds], counts: [...counts], sum, count };
}

/** Adds up counts. What has other bounds goes to the bucket of the first that is not below its own: nothing counts as quicker than it was. `sign` -1: takes away. */
export function addDurations(
  all: Durations | undefined,
  more: Durations | undefined,
  sign = 1,
): Durations | undefined {
  if (all === undefined || more === undefined) return all ?? more;
  const counts = [...all.counts];
  for (const [i, count] of more.counts.entries()) {
    const bound = more.bounds[i] ?? Number.POSITIVE_INFINITY;
    const bucket = all.bounds.findIndex((one) => one >= bound);
    counts[bucket === -1 ? all.bounds.length : bucket] += sign * count;
  }
  return { bounds: all.bounds, counts, sum: all.sum + sign * more.sum, count: all.count + sign * more.count };
}

function isNumbers(given: unknown): given is readonly number[] {
  return Array.isArray(given) && given.every(isCount);
}

function isCount(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}
