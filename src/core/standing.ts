/** ms that a server which has just failed, or is full, is tried after the others: about what a restart takes. */
const DOWN_FOR = 30_000;
/** ms that a server is taken for one that shuts down; nats-server's own default for how long that takes (`lame_duck_duration`). */
const LAME_FOR = 120_000;
/** ms in which the penalty for flaps halves. */
const HALF_LIFE = 30_000;
/** A server with a larger penalty is passed over: one flap is none, two in a row are for about 12 s. */
const BORNE = 1.5;
/** The penalty never gets larger, so that nobody is passed over for more than a minute. */
const MOST = 6;

/** Where a server stands among those that could be dialled: the smaller, the sooner. */
export type Place = (typeof Place)[keyof typeof Place];
export const Place = {
  /** Nothing speaks against it. */
  well: 0,
  /** It has failed lately, is full, or shuts down. */
  doubtful: 1,
  /** Its links do not last. */
  flapping: 2,
  /** It is the one that was just lost, or left: another one is wanted, if there is one (promises.md §4). */
  lost: 3,
} as const;

/**
 * What is known of a server for a while, and whether it speaks for trying others first. Everything here is forgotten with time: a server is never
 * out of the question. Flaps are damped as routers damp those of routes (RFC 2439): each adds to a penalty that decays.
 */
export class Standing {
  /** Monotonic ms; undefined: it is not. */
  private downUntil: number | undefined;
  private lameUntil: number | undefined;
  private penalty = 0;
  /** Monotonic ms of when the penalty was that. */
  private flappedAt = 0;

  /** An attempt has failed, or a link has died. */
  failed(now: number): void {
    this.downUntil = now + DOWN_FOR;
  }

  /** A link stands. */
  reached(): void {
    this.downUntil = undefined;
  }

  /** It has said whether it shuts down. */
  told(isLame: boolean, now: number): void {
    this.lameUntil = isLame ? now + LAME_FOR : undefined;
  }

  /** A link has died before it stood. */
  flapped(now: number): void {
    this.penalty = Math.min(MOST, this.decayed(now) + 1);
    this.flappedAt = now;
  }

  /** A link has stood: what was before is forgiven. */
  stood(): void {
    this.penalty = 0;
  }

  place(now: number): Place {
    if (this.decayed(now) > BORNE) return Place.flapping;
    return isBefore(now, this.downUntil) || isBefore(now, this.lameUntil) ? Place.doubtful : Place.well;
  }

  private decayed(now: number): number {
    return this.penalty * 0.5 ** ((now - this.flappedAt) / HALF_LIFE);
  }
}

function isBefore(now: number, end: number | undefined): boolean {
  return end !== undefined && now < end;
}
