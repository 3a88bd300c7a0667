/** The longest time that a timer of Node.js can wait, ms. */
export const LONGEST_WAIT = 2 ** 31 - 1;

/** Tells when an outage has lasted for a while. */
export class LongOutage {
  private readonly threshold: number;
  private readonly onLong: () => void;
  private timer: NodeJS.Timeout | undefined;

  /** @param threshold ms; more than a timer can wait: never */
  constructor(threshold: number, onLong: () => void) {
    this.threshold = threshold;
    this.onLong = onLong;
  }

  begin(): void {
    this.end();
    if (this.threshold > LONGEST_WAIT) return;
    this.timer = setTimeout(this.onLong, this.threshold);
    // Whoever wants the process to live is the connection.
    this.timer.unref();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
