import type { JournalRecord } from "./journal-record.js";
import type { JournalClock } from "./options.js";

/**
 * By which time messages are too old. The wall clock may leap, and a leap forward must not remove what is young: so messages that this process has taken are never older
 * than the monotonic time since then, and those that it has found never older than they were when it began, and the monotonic time since then. Nor are they ever older than
 * the wall clock says. So a leap can make them live longer, and not shorter; between two processes there is the wall clock alone.
 */
export class AgeClock {
  private readonly clock: JournalClock;

  constructor(clock: JournalClock) {
    this.clock = clock;
  }

  /** It is being taken now. */
  taken(record: JournalRecord): void {
    record.clockOffset = this.offset;
  }

  /** An earlier process has taken it: not after now, whatever the clock says. */
  found(record: JournalRecord): void {
    record.clockOffset = this.offset + Math.max(0, record.lastAt - this.clock.now());
  }

  /** Now, for the times of this record, ms since the epoch. */
  now({ clockOffset }: JournalRecord): number {
    return Math.min(this.clock.now(), this.clock.monotonic() + clockOffset);
  }

  /** What the wall clock is ahead of the monotonic one. */
  private get offset(): number {
    return this.clock.now() - this.clock.monotonic();
  }
}
