/** ms for which both links have the subscriptions, at least, after it is proven that the new one gets what is published. */
const MIN_SETTLE = 50;
/** ms for which they do, at most, if nobody says otherwise: a move must be done within a lame duck's grace period. */
const MAX_SETTLE = 500;
/** Round trips for which they do. */
const ROUND_TRIPS = 4;
/**
 * Part of that time before and after it in which messages may be on one link alone: a route to one of the servers may be that
 * much slower than the other.
 */
const GUARD = 0.4;
/**
 * So many times as long is remembered what the old link brings before the new one is subscribed: what its server gets late, when
 * it is subscribed already, was delivered by the old link before. And so long what the new one brings is looked at when the old
 * one is gone: its server may get things later.
 */
const MARGIN = 4;
/** A server that does not let us send a probe proves nothing: so many times as long is given then. */
const UNPROVEN = 2;

/** What is to hear how far it is. */
interface Both {
  /** Both links get what is published. */
  proven(): void;
  /** What the new one brings from now on may not come over the old one any more. */
  closing(): void;
}

/** A part of the time: ms, and what begins behind it. */
type Part = readonly [lasts: number, then: () => void];

/** How long two links are compared: before both have the subscriptions, while they do, and when one is left. */
export class Settling {
  /** ms for which both have them when it is proven that both get everything. */
  readonly time: number;
  private parts: readonly Part[] = [];

  /**
   * @param wanted ms, if the application wants it so
   * @param rtt the last round trip, ms
   */
  constructor(wanted: number | undefined, rtt = 0) {
    this.time = wanted ?? Math.min(MAX_SETTLE, Math.max(MIN_SETTLE, ROUND_TRIPS * rtt));
  }

  /** ms for which one link alone is listened to, before both have them and after. */
  get margin(): number {
    return MARGIN * this.time;
  }

  /** ms for which both have something, after a probe has shown that what is published comes to the new one, or not. */
  timeFor(isProven: boolean): number {
    return isProven ? this.time : UNPROVEN * this.time;
  }

  /**
   * Both links get what is published: the time begins.
   *
   * @param isProven a probe has shown that
   * @param last what begins behind the last part
   * @returns ms that all parts take
   */
  begin(isProven: boolean, overlap: Both, last: () => void): number {
    const guard = GUARD * this.time;
    const time = this.timeFor(isProven);
    this.parts = [
      [guard, () => overlap.proven()],
      [time, () => overlap.closing()],
      [guard, last],
    ];
    return time + 2 * guard;
  }

  /** ms of the part that is next; undefined: the time is over. */
  get next(): number | undefined {
    return this.parts[0]?.[0];
  }

  /** The part that was next is over. */
  partIsOver(): void {
    const [part, ...others] = this.parts;
    this.parts = others;
    part?.[1]();
  }
}
