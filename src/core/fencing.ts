import type { Outbound } from "./outbound.js";
import type { Timers } from "./timers.js";
import type { Window } from "./window.js";

/**
 * Sees to it that a PING follows whatever goes out, since its PONG is what confirms it: at once when somebody waits for that, else
 * a moment later, for all that was published meanwhile.
 */
export class Fencing {
  private readonly outbound: Outbound;
  private readonly timers: Timers;
  private readonly interval: number;
  /** Somebody waits for the confirmation of what has no PING behind it. */
  private isWanted = false;

  /** @param interval ms after which a PING follows that nobody waits for */
  constructor(outbound: Outbound, timers: Timers, interval: number) {
    this.outbound = outbound;
    this.timers = timers;
    this.interval = interval;
  }

  /** Somebody waits for a confirmation: the PING follows at the end of the burst. */
  want(): void {
    this.isWanted = true;
  }

  /** The interval may be over. */
  handleTimeout(now: number): void {
    if (this.timers.take("fence", now)) this.want();
  }

  /**
   * The burst is over.
   *
   * @param stands a link takes what is appended
   */
  settle(stands: boolean, now: number): void {
    const { window, express } = this.outbound;
    this.follow(window, stands, now);
    if (express !== undefined) this.follow(express, stands, now);
    this.isWanted = false;
  }

  private follow(window: Window, stands: boolean, now: number): void {
    const { timers } = this;
    if (!window.unfenced) return;
    if (this.isWanted) {
      window.appendPing(now);
      timers.clear("fence");
    } else if (stands && !timers.isSet("fence")) timers.set("fence", now + this.interval);
  }
}
