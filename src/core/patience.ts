import type { Link } from "./link.js";

/**
 * ms that an answer may take for a server to count as quick, at most; the part of the time for which what it brings late is
 * recognised, since nothing else makes up for its slowness; and round trips, if they are longer.
 */
const QUICK = 50;
const OF_MARGIN = 0.5;
const ROUND_TRIPS = 4;
/** The part of a deadline for which a busy server is waited for. */
const PART = 0.25;

/** The time, and the last round trip on the link in use, ms. */
export interface PatienceHost {
  readonly now: number;
  readonly rtt: number | undefined;
}

/** Waits for servers that are busy, for a while: they get and give messages late. */
export class Patience {
  private readonly deadline: number;
  private readonly host: PatienceHost;
  private readonly quick: number;
  /** Monotonic ms until which it lasts. */
  private until = 0;

  /**
   * @param deadline ms that what is waited for may take altogether
   * @param margin ms for which one link alone is listened to, see `Settling.margin`
   */
  constructor(deadline: number, margin: number, host: PatienceHost) {
    this.deadline = deadline;
    this.quick = Math.min(QUICK, OF_MARGIN * margin);
    this.host = host;
  }

  /** Behind the next `ms` a busy server is waited for. */
  begin(ms: number): void {
    this.until = this.host.now + ms + PART * this.deadline;
  }

  /**
   * Measures how fast the servers of these links answer. `answered` hears when all have: ms after which they should be asked once
   * more, or 0 when they are quick, or were waited for long enough.
   */
  ask(links: readonly Link[], answered: (again: number) => void): void {
    const { host } = this;
    const quick = Math.max(this.quick, ROUND_TRIPS * (host.rtt ?? 0));
    let waiting = links.length;
    let worst = 0;
    for (const link of links) {
      link.sendPing(host.now, (rtt) => {
        worst = Math.max(worst, rtt);
        if (--waiting === 0) answered(worst <= quick || host.now >= this.until ? 0 : quick);
      });
    }
  }
}
