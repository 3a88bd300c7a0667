import type { Link } from "./link.js";
import { LATE, type Timers } from "./timers.js";

/** ms that are given once more when a deadline is noticed late. */
const MORE = 2000;
/** Bytes without an answer on a link from which on it may be slow, and times that it is waited for. */
const SLOW = 64 * 1024;
const MAX_WAITS = 10;

/** When the next step of a handover is due, and when the stage that it is in has failed. */
export class StageClock {
  private readonly timers: Timers;
  private readonly old: Link;
  private readonly timeout: number;
  /** Monotonic ms at which the stage has failed; and at which the next step is due. */
  private deadline = Number.POSITIVE_INFINITY;
  private stepAt = Number.POSITIVE_INFINITY;
  /** What the old link had got rid of when it was looked at last, and how often it was waited for. */
  private takenBefore = 0;
  private waits = 0;

  /**
   * @param old what has to go out on this link may be behind much else
   * @param timeout ms that a server may take to answer
   */
  constructor(timers: Timers, old: Link, timeout: number) {
    this.timers = timers;
    this.old = old;
    this.timeout = timeout;
  }

  /** From now on the stage has failed a timeout after `at`, to which it is to last. */
  lastsUntil(at: number): void {
    this.deadline = at + this.timeout;
    this.set();
  }

  /** It has failed at `at` at the latest. */
  failsAt(at: number): void {
    this.deadline = Math.min(this.deadline, at);
    this.set();
  }

  /** A step is due at `at`. */
  step(at: number): void {
    this.stepAt = at;
    this.set();
  }

  private set(): void {
    this.timers.set("handover", Math.min(this.stepAt, this.deadline));
  }

  /** No step is due: an answer is waited for. */
  wait(): void {
    this.step(Number.POSITIVE_INFINITY);
  }

  /** Nothing is due any more. */
  stop(): void {
    this.timers.clear("handover");
  }

  /**
   * The time that was set has come. Returns what it was set for; `early`: it has been moved on.
   *
   * @param isBehindOld what is waited for has to go out on the old link first
   */
  check(now: number, isBehindOld: boolean): "step" | "failed" | "early" {
    // This process did not run, and what the servers have answered is being read only now; or the old link is slow.
    if (now > this.deadline + LATE || (now >= this.deadline && this.isOnItsWay(isBehindOld)))
      this.deadline = now + Math.min(MORE, this.timeout);
    else if (now >= this.deadline) return "failed";
    if (now >= this.stepAt) return "step";
    this.set();
    return "early";
  }

  /** Whether the old link has got rid of something since it was looked at last. */
  private isOnItsWay(isBehindOld: boolean): boolean {
    const { taken, unanswered } = this.old;
    const moves = isBehindOld && unanswered > SLOW && taken > this.takenBefore;
    this.takenBefore = taken;
    return moves && ++this.waits < MAX_WAITS;
  }
}
