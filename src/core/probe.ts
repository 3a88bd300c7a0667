import type { CodedError } from "../errors.js";
import { subLine, unsubLine } from "../wire/lines.js";
import type { Link } from "./link.js";

/** Number of the probe's subscription, on the new link alone. */
export const PROBE_SID = 0;

/** ms between the first two, and the longest pause: what nobody listens to yet is dropped. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 50;

/**
 * Messages of our own that go out on one link and come in on another. When one has, whatever is published behind it on the first
 * comes to the second.
 */
export class Probe {
  private readonly name: string;
  /** Where the next ones go to; all of them are below {@link name}. */
  private subject: string;
  private sent = 0;
  /** Number of the last one that proves nothing any more. */
  private stale = 0;
  /** Number of the last one, once that was sent. */
  private last: number | undefined;
  private nextPause = FIRST_PAUSE;
  /** Monotonic ms of when the link's server had taken one, by its number. */
  private readonly taken = new Map<number, number>();
  /** A server does not permit it: it proves nothing. */
  isDenied = false;

  /** @param name of the way that is probed: nobody else can guess it */
  constructor(name: string) {
    this.name = `${name}.`;
    this.subject = this.name;
  }

  /** Subscribes to it on the link that it shall come in on, before the first of them. */
  listen(link: Link): void {
    link.send(Buffer.from(subLine(PROBE_SID, `${this.subject}*`, undefined)));
  }

  /**
   * Those that follow prove that other servers know of what was subscribed on the link before: none of them has heard of their
   * subject yet, and those that are on the way already prove nothing any more.
   */
  listenAnew(link: Link): void {
    this.stale = this.sent;
    this.subject = `${this.name}anew.`;
    this.nextPause = FIRST_PAUSE;
    link.send(
      Buffer.from(unsubLine(PROBE_SID, undefined) + subLine(PROBE_SID, `${this.subject}*`, undefined)),
    );
  }

  /** Nobody needs it any more. */
  end(link: Link): void {
    link.send(Buffer.from(unsubLine(PROBE_SID, undefined)));
  }

  /** Sends the next one. */
  send(link: Link): void {
    link.send(Buffer.from(`PUB ${this.subject}${++this.sent} 0\r\n\r\n`));
  }

  /** Sends the next one, and finds out when the server has taken it. */
  sendTimed(link: Link, clock: { readonly now: number }): void {
    this.send(link);
    const number = this.sent;
    link.sendPing(clock.now, () => void this.taken.set(number, clock.now));
  }

  /** Monotonic ms from which on the link brings what its server has handled behind the one of this number; Infinity: not yet. */
  takenAt(number: number): number {
    return this.taken.get(number) ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the pause behind one that was sent: ms until another one should follow. */
  pause(): number {
    const pause = this.nextPause;
    this.nextPause = Math.min(2 * pause, LONGEST_PAUSE);
    return pause;
  }

  /** Whether one of this number was sent, to where it is listened to now. */
  wasSent(number: number): boolean {
    return number > this.stale && number <= this.sent;
  }

  /** Sends the last one, behind everything else. */
  sendLast(link: Link): void {
    this.send(link);
    this.last = this.sent;
  }

  /** Whether the one of this number is the last one. */
  isLast(number: number): boolean {
    return number === this.last;
  }

  /** Whether an error of a server is about it; then it is denied. */
  takesError({ detail }: CodedError): boolean {
    if (detail.subject?.startsWith(this.name) !== true) return false;
    this.isDenied = true;
    return true;
  }
}

/** Number of a probe that has come in with this subject. */
export function probeNumber(buf: Buffer, subject: number, subjectEnd: number): number {
  const text = buf.latin1Slice(subject, subjectEnd);
  return Number(text.slice(text.lastIndexOf(".") + 1));
}
