import type { Histogram } from "./measurements.js";

/** Counts how long things took, in buckets as Prometheus has them. */
export class DurationHistogram implements Histogram {
  /** Upper bounds of the buckets, ms, ascending; a bucket includes its bound. */
  readonly bounds: readonly number[];
  /** How many fell into each bucket, not cumulated, and behind them what is above all bounds. */
  readonly counts: number[];
  /** ms of all together. */
  sum = 0;
  /** How many there were in all. */
  count = 0;

  /** @param bounds upper bounds of the buckets, ms, ascending */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  /** Counts one that took `ms`. */
  add(ms: number): void {
    const bucket = this.bounds.findIndex((bound) => ms <= bound);
    this.counts[bucket === -1 ? this.bounds.length : bucket]++;
    this.sum += ms;
    this.count++;
  }
}
