/** ms: what is quicker counts as this. */
const LEAST = 0.001;
/** Each bucket ends 2 % above the one before: no percentile is off by more. */
const STEP = Math.log(1.02);
/** Buckets: the last has what takes a quarter of an hour and longer. */
const BUCKETS = 1_050;

/** Percentiles of times, ms. */
export interface Percentiles {
  count: number;
  min: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

/** Times of any number of messages, in buckets that are 2 % wide: their memory does not grow. */
export class Latencies {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  /** @param ms below 0, or no number at all: a clock that was not ours; it is left out */
  add(ms: number): void {
    if (!(ms >= 0)) return;
    this.#count++;
    if (ms < this.#min) this.#min = ms;
    if (ms > this.#max) this.#max = ms;
    const bucket = ms <= LEAST ? 0 : Math.ceil(Math.log(ms / LEAST) / STEP);
    this.#counts[Math.min(BUCKETS - 1, bucket)]++;
  }

  /** Undefined when there were none. */
  percentiles(): Percentiles | undefined {
    if (this.#count === 0) return undefined;
    return {
      count: this.#count,
      min: this.#min,
      p50: this.#at(0.5),
      p90: this.#at(0.9),
      p99: this.#at(0.99),
      p999: this.#at(0.999),
      max: this.#max,
    };
  }

  /** The upper end of the bucket in which so many of all are, never beyond what there was. */
  #at(part: number): number {
    let left = Math.ceil(this.#count * part);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.#counts[bucket];
      if (left <= 0) return Math.min(this.#max, Math.max(this.#min, LEAST * Math.exp(bucket * STEP)));
    }
    return this.#max;
  }
}
