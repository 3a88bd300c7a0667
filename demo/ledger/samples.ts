/** One time is kept for this many sequences: at 20,000 messages a second that is a resolution of 1.6 ms. */
const SAMPLE_EVERY = 32;

/** Times of sequences (when sent, when first seen), sampled, because one number per message would fill the memory. */
export class TimeSamples {
  #times = new Float64Array(1 << 14);

  /** Notes the time of a sequence whose turn it is ({@link isSampled}), the first time only. */
  note(sequence: number, time: number): void {
    const index = sequence / SAMPLE_EVERY;
    if (index >= this.#times.length) this.#grow(index);
    if (this.#times[index] === 0) this.#times[index] = time;
  }

  /** The samples themselves, for sending to another process; 0 stands for "never". */
  values(): Float64Array {
    return this.#times;
  }

  #grow(index: number): void {
    const bigger = new Float64Array(Math.max(this.#times.length * 2, index + 1));
    bigger.set(this.#times);
    this.#times = bigger;
  }
}

/** Whether the time of this sequence is to be kept. */
export function isSampled(sequence: number): boolean {
  return (sequence & (SAMPLE_EVERY - 1)) === 0;
}

/**
 * About when a sequence had its time: the nearest sample at or before it, else the nearest after it. Undefined
 * when there is no sample at all.
 */
export function timeOf(values: Float64Array, sequence: number): number | undefined {
  const start = Math.min(Math.floor(sequence / SAMPLE_EVERY), values.length - 1);
  for (let index = start; index >= 0; index--) if (values[index] !== 0) return values[index];
  for (let index = start + 1; index < values.length; index++) if (values[index] !== 0) return values[index];
  return undefined;
}

/** The newest sampled sequence that had its time by then, or -1. */
export function newestBefore(values: Float64Array, time: number): number {
  for (let index = values.length - 1; index >= 0; index--) {
    if (values[index] !== 0 && values[index] <= time) return index * SAMPLE_EVERY;
  }
  return -1;
}
