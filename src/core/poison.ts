import type { Window } from "./window.js";

/** Times that one message alone must meet an error that does not say what it blames. */
const DOUBTS = 2;

/**
 * Finds the message for which servers end the connection, although everything was checked before
 * (promises.md §2): replaying it would end every link there is.
 *
 * When the same head of the window has met such an error twice, what was on the link is put on trial: half of it
 * is written and a PING behind it. A PONG acquits that half, an error puts it on trial again by halves. The
 * message that fails alone is dropped. Until then nothing behind the trial is written.
 */
export class Poison {
  private readonly window: Window;
  /** The message that came first of those that met an error last and are written again; -1 when there was none. */
  private head = -1;
  /** An error has been met by what may be the first of its kind. */
  private blamed = false;
  /** The culprit is before this, and not confirmed; undefined when nobody is on trial. */
  private end: number | undefined;
  /** A PING stands behind the trial, on the link that is there now. */
  private probed = false;
  private doubts = 0;

  constructor(window: Window) {
    this.window = window;
  }

  /** There is a trial: the window is written only to a link that stands, and only up to its limit. */
  get active(): boolean {
    return this.end !== undefined;
  }

  /**
   * A server has ended the link with an error about what we wrote. To be called before the window goes back.
   *
   * @param certain the error says that it is about a frame; else it may be about anything
   */
  blame(certain: boolean): void {
    const { window } = this;
    this.advanced = false;
    const { confirmed, handed } = window;
    // It may be one that is confirmed, and was written again for the margin: that has its outcome.
    if (window.forgetMargin()) return;
    if (window.countPending(confirmed, handed) === 0) return;
    if (this.end !== undefined) {
      this.narrow(this.end);
      this.verdict(certain);
    } else if (this.head === this.first) {
      this.end = handed;
      this.advanced = true;
    } else {
      this.blamed = true;
      this.advanced = certain;
    }
  }

  /** The first message without an outcome. */
  private get first(): number {
    const { window } = this;
    return window.positionAfter(window.confirmed, 1) - 1;
  }

  /**
   * The link just ended in a trial: an error can be lost in the reset behind it. That is enough to look closer, and not
   * for a verdict: alone, with little behind it, the culprit will be named.
   */
  hint(): void {
    const { window, end } = this;
    this.advanced = false;
    if (end !== undefined && window.countPending(window.confirmed, window.handed) > 0) this.narrow(end);
  }

  private narrow(end: number): void {
    this.end = Math.min(end, this.window.limit);
    this.advanced = this.end < end;
  }

  /**
   * The last link was lost in the search, and the search has got on by it: the next one need not wait. One that does not
   * get on is no reason to dial in a tight loop.
   */
  advanced = false;

  /** One message that has failed alone is the culprit. */
  private verdict(certain: boolean): void {
    const { window, end } = this;
    const alone = window.countPending(window.confirmed, end!) === 1;
    if (!alone) return;
    this.doubts++;
    if (!certain && this.doubts < DOUBTS) return;
    this.advanced = true;
    this.convicted = this.first;
  }

  /** Number of the frame to be dropped as soon as the window has gone back. */
  private convicted: number | undefined;

  /** The window has gone back: drops the culprit, or prepares the next trial. */
  linkLost(): void {
    this.probed = false;
    if (this.blamed) {
      // Only now is it known which of them are written again: what is not cannot end another link.
      this.blamed = false;
      const { first, window } = this;
      this.head = first >= window.confirmed && window.isHanded(first) ? first : -1;
    }
    const { convicted } = this;
    if (convicted !== undefined) {
      this.convicted = undefined;
      this.window.dropFrame(convicted, "poison");
      return this.acquit();
    }
    this.halve();
  }

  /** Something was confirmed. */
  confirmed(): void {
    const { window } = this;
    if (this.end === undefined || window.confirmed < window.limit) return;
    this.doubts = 0;
    this.probed = false;
    this.halve();
  }

  /** Puts the first half of the suspects on trial. */
  private halve(): void {
    const { window, end } = this;
    if (end === undefined) return;
    const suspects = window.countPending(window.confirmed, end);
    if (suspects === 0) return this.acquit();
    window.limit = window.positionAfter(window.confirmed, Math.ceil(suspects / 2));
  }

  private acquit(): void {
    this.end = undefined;
    this.head = -1;
    this.doubts = 0;
    this.window.limit = Number.POSITIVE_INFINITY;
  }

  /** Whether a PING has to go out now that confirms what is on trial; says so once for each link and half. */
  wantsProbe(): boolean {
    if (this.end === undefined || this.probed || this.window.handed < this.window.limit) return false;
    this.probed = true;
    return true;
  }
}
