import type { JournalClock } from "./options.js";

const SOONEST = 1000;
const LATEST = 60_000;

/** Looks when the next record may have expired as a whole: not too often, and now and then in any case, because the wall clock may leap. */
export class ExpiryWatch {
  private at = Number.POSITIVE_INFINITY;
  private timer: unknown;
  private stopped = false;

  private readonly clock: JournalClock;
  private readonly sweep: (now: number) => number;

  /** @param sweep drops what has expired; gives when something will, ms since the epoch */
  constructor(clock: JournalClock, sweep: (now: number) => number) {
    this.clock = clock;
    this.sweep = sweep;
  }

  /** There is something that expires then. */
  expect(at: number): void {
    if (at >= this.at) return;
    this.at = at;
    this.arm();
  }

  stop(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.stopped = true;
  }

  private arm(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    if (this.at === Number.POSITIVE_INFINITY || this.stopped) return;
    const ms = Math.min(Math.max(this.at - this.clock.now(), SOONEST), LATEST);
    this.timer = this.clock.setTimeout(() => this.look(), ms);
    (this.timer as { unref?(): void } | undefined)?.unref?.();
  }

  private look(): void {
    this.timer = undefined;
    this.at = this.sweep(this.clock.now());
    this.arm();
  }
}
