/** When each message of an open loop is due, in ms from its start: first at one rate to warm up, then at another without a pause. */
export class Schedule {
  /** Messages before those that are measured. */
  readonly warm: number;
  readonly total: number;
  /** ms from the start to the first measured one, and to the end. */
  readonly warmMs: number;
  readonly ms: number;
  readonly #warmEvery: number;
  readonly #every: number;

  constructor(warm: { perSecond: number; ms: number }, measured: { perSecond: number; ms: number }) {
    this.#warmEvery = 1000 / warm.perSecond;
    this.#every = 1000 / measured.perSecond;
    this.warm = Math.max(1, Math.round(warm.ms / this.#warmEvery));
    this.total = this.warm + Math.max(1, Math.round(measured.ms / this.#every));
    this.warmMs = this.warm * this.#warmEvery;
    this.ms = this.warmMs + (this.total - this.warm) * this.#every;
  }

  /** The time of the message with this number, from 0. */
  timeOf(message: number): number {
    return message < this.warm
      ? message * this.#warmEvery
      : this.warmMs + (message - this.warm) * this.#every;
  }

  /** How many are due by then. */
  dueBy(ms: number): number {
    if (ms < 0) return 0;
    const due =
      ms < this.warmMs
        ? Math.floor(ms / this.#warmEvery)
        : this.warm + Math.floor((ms - this.warmMs) / this.#every);
    return Math.min(this.total, due + 1);
  }
}
