import type { Histogram } from "./measurements.js";

/** Counts how long things took, in buckets as Prometheus has them. */
export class DurationHistogram implements Histogram {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;
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
