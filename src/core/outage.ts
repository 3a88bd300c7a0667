import type { Cause } from "./cause.js";
import type { Link } from "./link.js";

/** An outage, from the loss of a link to the next one that stands. */
export interface Outage {
  readonly since: number;
  /** Server that was lost; empty when there never was a link. */
  readonly server: string;
  /** Its `server_id`; empty when it has not told one. */
  readonly id: string;
  /** Why it was lost. */
  readonly cause: Cause | undefined;
  /** Messages that were on the lost link and will be written again. */
  replay: number;
}

/** Whether the server of `link` is another process than the one that was lost: one that does not say who it is, is. */
export function isAnother({ info }: Link, { id }: Outage): boolean {
  return id === "" || info?.server_id !== id;
}

/** ms for which a stall of this process is remembered: what a server does because of it, it does soon. */
const MEMORY = 1000;

/** Remembers when this process did not run: then a link is lost through no fault of the server's. */
export class LocalStalls {
  private seenAt = Number.NEGATIVE_INFINITY;
  /** When what has piled up meanwhile was still being read, last. */
  private behindAt = Number.NEGATIVE_INFINITY;
  private lasted = 0;

  /** A timer was `late` ms too late. */
  note(late: number, now: number): void {
    this.seenAt = now;
    this.behindAt = now;
    this.lasted = late;
  }

  /** What has piled up during the last stall is still being read: what the server did then comes behind it. */
  behind(now: number): void {
    if (now - this.behindAt <= MEMORY) this.behindAt = now;
  }

  /** ms of the stall just before `now`, and after `since`; 0 when there was none. */
  before(now: number, since: number): number {
    return now - this.behindAt <= MEMORY && this.seenAt > since ? this.lasted : 0;
  }
}
