/** ms after which messages that are still being handled are taken for harmless. */
const HARMLESS = 500;

/**
 * How many messages a process takes at once when it has just begun: one, and twice as many whenever one is finished or those here have done no
 * harm for a while; as many as it may when one comes that nobody has got before. Whatever has ended a process comes alone to the next one, then,
 * and the deliveries of others do not count up with it.
 */
export class SlowStart {
  private readonly most: number;
  private window = 1;
  /** Since when those that are here do no harm, monotonic ms; undefined: none is here. */
  private since: number | undefined;

  constructor(most: number) {
    this.most = most;
  }

  /** Messages that there is room for, when `here` are here. */
  room(here: number, now: number): number {
    if (here > 0 && this.since !== undefined && now - this.since >= HARMLESS) {
      this.since = now;
      this.widen();
    }
    return this.window - here;
  }

  arrived(deliveryCount: number, now: number): void {
    this.since ??= now;
    // The server delivers again first: there is nothing left to suspect.
    if (deliveryCount === 1) this.window = this.most;
  }

  /** One is finished, so many are still here. */
  finished(here: number, now: number): void {
    this.since = here > 0 ? now : undefined;
    this.widen();
  }

  private widen(): void {
    this.window = Math.min(2 * this.window, this.most);
  }
}
