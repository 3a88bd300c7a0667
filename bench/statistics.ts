import type { Random } from "../demo/random.js";

/** A median and the interval that it lies in with 95 % confidence. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2000;

/**
 * The value below which the share `q` of the values lies, interpolated between neighbours; NaN when there are none.
 *
 * @param q from 0 to 1
 */
export function quantile(values: readonly number[], q: number): number {
  return sortedQuantile(Float64Array.from(values).sort(), q);
}

/** The same of values in ascending order. */
export function sortedQuantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = q * (sorted.length - 1);
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  // Not `low + 0 * high`: what never ended is infinite, and the median must not become NaN by it.
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}

/** The middle value; the mean of the two in the middle when their number is even; NaN when there are none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The median with its 95 % interval by bootstrap: medians of samples drawn with replacement from these, and what lies
 * between their 2.5th and 97.5th percentile. It assumes nothing about how the values are distributed.
 */
export function estimate(values: readonly number[], random: Random): Estimate {
  const medians: number[] = [];
  const drawn = new Float64Array(values.length);
  for (let i = 0; i < RESAMPLES; i++) {
    for (let j = 0; j < drawn.length; j++) drawn[j] = values[Math.floor(random() * values.length)];
    medians.push(sortedQuantile(drawn.sort(), 0.5));
  }
  return { median: median(values), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/**
 * Ratios pair by pair. What two neighbours in time have in common, a busy machine above all, cancels out in them, which
 * it does not in a ratio of medians.
 */
export function ratios(above: readonly number[], below: readonly number[]): number[] {
  if (above.length !== below.length) throw new RangeError("pairs are made of equally many values");
  return above.map((value, index) => value / below[index]);
}
