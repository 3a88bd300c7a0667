/** Bytes are handed out in portions of so many ms at least, so that a slow link does not cost a timer per byte. */
const PORTION_MS = 10;
/** What was not used is kept for so long: a timer that comes late costs no bytes. */
const KEPT_MS = 50;

/** How many bytes may go at a rate, over time. */
export class Pacer {
  private credit = 0;
  private since: number;

  constructor(now: number) {
    this.since = now;
  }

  /** How many of `wanted` bytes may go now; what may go is taken for gone. */
  take(now: number, rate: number, wanted: number): number {
    this.accrue(now, rate);
    if (this.credit < least(rate, wanted)) return 0;
    const taken = Math.min(wanted, Math.floor(this.credit));
    this.credit -= taken;
    return taken;
  }

  /** Whole milliseconds until {@link take} gives something, at least 1. */
  wait(now: number, rate: number, wanted: number): number {
    this.accrue(now, rate);
    return Math.max(1, Math.ceil(((least(rate, wanted) - this.credit) * 1000) / rate));
  }

  private accrue(now: number, rate: number): void {
    const kept = Math.max(1, (rate * KEPT_MS) / 1000);
    this.credit = Math.min(kept, this.credit + ((now - this.since) * rate) / 1000);
    this.since = now;
  }
}

function least(rate: number, wanted: number): number {
  return Math.min(wanted, Math.max(1, Math.floor((rate * PORTION_MS) / 1000)));
}
