/** Fewest occurrences that can be a pattern. */
export const FEWEST = 3;
/** How often what is found may have come about by chance: once in so many histories of random outages. */
const CHANCE = 1e-4;
const LOG_CHANCE = Math.log(CHANCE);
/** Part of all values that must be among those that lie close together. */
const MOST_OF = 0.6;

/** Values that lie closer together than random ones would. */
export interface Cluster {
  /** How many, of how many. */
  readonly count: number;
  readonly of: number;
  /** The one in the middle. */
  readonly median: number;
  /** From the lowest to the highest of them. */
  readonly low: number;
  readonly high: number;
}

/**
 * Finds the values, at least three and three of five of all, that lie so close together that chance would do it once in 10,000 times;
 * as many of them as there are.
 *
 * The `k` values found, of `n`, lie within a width. Of random values, each lies within that width above a given one with a probability
 * `q`, so that some `k` do with no more than `n · C(n-1, k-1) · q^(k-1)`.
 *
 * @param values may be in any order
 * @param width the resolution: values are no closer together than that
 * @param likelihood `q` for a width above the value `low`
 * @param period after which values begin anew, as on a clock; default: never
 */
export function clusterOf(
  values: readonly number[],
  width: number,
  likelihood: (width: number, low: number) => number,
  period?: number,
): Cluster | undefined {
  const of = values.length;
  const least = Math.max(FEWEST, Math.ceil(of * MOST_OF));
  const sorted = values.toSorted((a, b) => a - b);
  const line = period === undefined ? sorted : [...sorted, ...sorted.map((value) => value + period)];
  // As many as possible, and of these the closest.
  for (let count = of; count >= least; count--) {
    const ways = Math.log(of) + logChoose(of - 1, count - 1);
    let found: Cluster | undefined;
    let best = LOG_CHANCE;
    for (let first = 0; first < of && first + count <= line.length; first++) {
      const low = line[first];
      const high = line[first + count - 1];
      const q = Math.min(1, likelihood(Math.max(width, high - low), low));
      const chance = ways + (count - 1) * Math.log(q);
      if (chance >= best) continue;
      best = chance;
      found = { count, of, median: line[first + (count >> 1)], low, high };
    }
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How likely a random time is to lie within a width above another: as if it might as well be anything up to that one. */
export function likelihoodOfTimes(width: number, low: number): number {
  return low <= 0 ? 1 : width / low;
}

/** Logarithm of the number of ways to choose `k` of `n`. */
export function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= k; i++) sum += Math.log((n - k + i) / i);
  return sum;
}

/** Whether `k` of `n` events, each with a probability `p`, are more than chance would bring. */
export function isUnlikely(k: number, n: number, p: number): boolean {
  if (p <= 0) return true;
  if (p >= 1) return false;
  let tail = 0;
  for (let i = k; i <= n; i++) {
    tail += Math.exp(logChoose(n, i) + i * Math.log(p) + (n - i) * Math.log(1 - p));
  }
  return tail < CHANCE;
}
