import type { Verdict } from "./verdict.js";

const ACCEPTED = 1;
const REJECTED = 2;
const CONFIRMED = 4;
const REPORTED = 8;
/** It got an outcome when it had one, or was accepted or rejected for the second time. */
const TWICE = 16;

/** Room for so many messages at first; it doubles. */
const FIRST_ROOM = 1024;
/** The largest id, plus one: what a typed array of a sane size can hold. */
const MAX_IDS = 2 ** 28;
/** Different reasons that a history can tell apart; 0 stands for none. */
const MAX_REASONS = 255;
/** A message that arrives more often counts as having arrived so often. */
const MAX_ARRIVALS = 0xffff;

/**
 * The record of one publisher's messages, kept outside of everything under test, and the checker that
 * says what became of them. The model is Jepsen's set checker: what was acknowledged must be found.
 * Holdfast promises more: all that was accepted is found, or its end was reported.
 *
 * Messages are numbered 0, 1, 2, … in the order in which they are published; each costs four bytes. The
 * witness, who calls {@link found}, must be one that misses nothing: a subscriber whose link dies has gaps of
 * its own, a server that writes down what it takes has none.
 *
 * Events may come in any order; only {@link found} cares, for `reordered`. Nothing is judged before
 * {@link check}, which may be called as often as one likes.
 *
 * @throws RangeError from each call that is given an id which is no whole number from 0 to 2²⁸ - 1
 */
export class History {
  private flags = new Uint8Array(FIRST_ROOM);
  private times = new Uint16Array(FIRST_ROOM);
  private why = new Uint8Array(FIRST_ROOM);
  private readonly reasons: string[] = [];
  /** One more than the largest id. */
  private length = 0;
  private highest = -1;
  private late = 0;

  /** How many ids there are: one more than the largest. */
  get size(): number {
    return this.length;
  }

  /** `publish()` has returned: message `id` was accepted. */
  accepted(id: number): void {
    this.mark(id, ACCEPTED, ACCEPTED | REJECTED);
  }

  /** `publish()` has thrown: message `id` was not accepted, and must not arrive. */
  rejected(id: number): void {
    this.mark(id, REJECTED, ACCEPTED | REJECTED);
  }

  /** A server has confirmed message `id`. */
  confirmed(id: number): void {
    this.mark(id, CONFIRMED, CONFIRMED | REPORTED);
  }

  /**
   * The application was told that `id` is given up, refused, or may not have arrived.
   *
   * @param reason a short name: `ttl`, `poison`, `refused`, `unconfirmed`, …; at most 255 different ones
   * @throws RangeError for one more reason than that
   */
  reported(id: number, reason: string): void {
    this.mark(id, REPORTED, CONFIRMED | REPORTED);
    let at = this.reasons.indexOf(reason);
    if (at < 0) {
      if (this.reasons.length === MAX_REASONS)
        throw new RangeError(`"${reason}" is reason ${MAX_REASONS + 1}: give reasons, not messages`);
      at = this.reasons.push(reason) - 1;
    }
    this.why[id] = at + 1;
  }

  /** Message `id` has arrived at the witness; to be called for each arrival. */
  found(id: number): void {
    this.reach(id);
    if (this.times[id] < MAX_ARRIVALS) this.times[id]++;
    if (this.times[id] > 1) return;
    if (id < this.highest) this.late++;
    else this.highest = id;
  }

  /** How often message `id` has arrived; 65,535 stands for any number from there on. */
  arrivals(id: number): number {
    return this.times[id] ?? 0;
  }

  /**
   * Says what became of every message.
   *
   * @param options `pending`: messages may still be on their way, and what nothing was heard of is unknown and not
   * yet lost; default false: all is at rest, or closed
   */
  check({ pending = false }: { pending?: boolean } = {}): Verdict {
    const { flags, times } = this;
    const counts = { accepted: 0, rejected: 0, acknowledged: 0, reported: 0, found: 0 };
    const lists = { lost: ids(), unknown: ids(), duplicated: ids(), unexpected: ids(), contradictory: ids() };
    const reasons = new Array<number>(this.reasons.length).fill(0);
    let recovered = 0;
    let foundThoughReported = 0;
    let copies = 0;
    for (let id = 0; id < this.length; id++) {
      const flag = flags[id];
      const arrived = times[id];
      const accepted = (flag & ACCEPTED) !== 0;
      const settled = (flag & (CONFIRMED | REPORTED)) !== 0;
      if (accepted) counts.accepted++;
      if ((flag & REJECTED) !== 0) counts.rejected++;
      if ((flag & CONFIRMED) !== 0) counts.acknowledged++;
      if ((flag & TWICE) !== 0 || (settled && !accepted)) lists.contradictory.push(id);
      if ((flag & REPORTED) !== 0) {
        counts.reported++;
        reasons[this.why[id] - 1]++;
        if (arrived > 0) foundThoughReported++;
      }
      if (arrived > 0) {
        counts.found++;
        copies += arrived - 1;
        if (arrived > 1) lists.duplicated.push(id);
        if (!accepted) lists.unexpected.push(id);
        if (accepted && !settled) recovered++;
      } else if (accepted && (flag & REPORTED) === 0) {
        if (!settled) lists.unknown.push(id);
        if (settled || !pending) lists.lost.push(id);
      }
    }
    return {
      ...counts,
      ...lists,
      reasons: Object.fromEntries(this.reasons.map((reason, i) => [reason, reasons[i]])),
      recovered,
      foundThoughReported,
      copies,
      reordered: this.late,
    };
  }

  /** Sets `flag`, and notes when one of its rivals is set already. */
  private mark(id: number, flag: number, rivals: number): void {
    this.reach(id);
    if ((this.flags[id] & rivals) !== 0) this.flags[id] |= TWICE;
    this.flags[id] |= flag;
  }

  private reach(id: number): void {
    if (id < this.length && id >= 0 && Number.isInteger(id)) return;
    if (!Number.isInteger(id) || id < 0 || id >= MAX_IDS)
      throw new RangeError(`${id} is no id: a whole number from 0 to ${MAX_IDS - 1}`);
    this.length = id + 1;
    let room = this.flags.length;
    if (id < room) return;
    while (room <= id) room *= 2;
    this.flags = enlarged(new Uint8Array(room), this.flags);
    this.times = enlarged(new Uint16Array(room), this.times);
    this.why = enlarged(new Uint8Array(room), this.why);
  }
}

function ids(): number[] {
  return [];
}

function enlarged<T extends Uint8Array | Uint16Array>(into: T, from: T): T {
  into.set(from);
  return into;
}
