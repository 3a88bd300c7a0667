import type { Cause } from "./cause.js";
import type { Load } from "./causes/facts.js";
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

/** A time in which this process did not run; all in monotonic ms. */
interface LocalStall {
  readonly seenAt: number;
  /** When what has piled up meanwhile was still being read, last. */
  behindAt: number;
  readonly lasted: number;
}

/** Remembers when this process did not run: then a link is lost through no fault of the server's. */
export class LocalStalls {
  /** How busy this process was, to be set when a link is closed: {@link takeLoad} forgets it. */
  load: Load | undefined;
  private last: LocalStall | undefined;

  /** How busy this process was, for the link that is closed just now; undefined where nobody has looked. */
  takeLoad(): Load | undefined {
    const { load } = this;
    this.load = undefined;
    return load;
  }

  /** A timer was `late` ms too late. */
  note(late: number, now: number): void {
    this.last = { seenAt: now, behindAt: now, lasted: late };
  }

  /** What has piled up during the last stall is still being read: what the server did then comes behind it. */
  behind(now: number): void {
    const { last } = this;
    if (last !== undefined && now - last.behindAt <= MEMORY) last.behindAt = now;
  }

  /** An answer has come to what was written at `sentAt`: if that was after the stall, the link has outlived it. */
  outlived(sentAt: number): void {
    if (this.last !== undefined && sentAt >= this.last.seenAt) this.last = undefined;
  }

  /** ms of the stall just before `now`, and after `since`; 0 when there was none. */
  before(now: number, since: number): number {
    const { last } = this;
    if (last === undefined) return 0;
    return now - last.behindAt <= MEMORY && last.seenAt > since ? last.lasted : 0;
  }
}
