import type { Cause } from "./cause.js";

/** An outage, from the loss of a link to the next one that stands. */
export interface Outage {
  readonly since: number;
  /** Server that was lost; empty when there never was a link. */
  readonly server: string;
  /** Why it was lost. */
  readonly cause: Cause | undefined;
  /** Messages that were on the lost link and will be written again. */
  replay: number;
}

/** ms for which a stall of this process is remembered: what a server does because of it, it does soon. */
const MEMORY = 1000;

/** Remembers when this process did not run: then a link is lost through no fault of the server's. */
export class LocalStalls {
  private seenAt = Number.NEGATIVE_INFINITY;
  private lasted = 0;

  /** A timer was `late` ms too late. */
  note(late: number, now: number): void {
    this.seenAt = now;
    this.lasted = late;
  }

  /** ms of the stall just before `now`, and after `since`; 0 when there was none. */
  before(now: number, since: number): number {
    return now - this.seenAt <= MEMORY && this.seenAt > since ? this.lasted : 0;
  }
}
