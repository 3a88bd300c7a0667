import type { JournalClock } from "./options.js";

const FIRST_RETRY = 100;
const LAST_RETRY = 5000;

/** When a commit is made: one at a time, with all that has gathered, and after a failure not at once again. */
export class GroupCommit {
  /** One is under way. */
  running = false;
  /** The last one has failed. */
  failing = false;
  /** By when one is wanted, monotonic ms. */
  private due = Number.POSITIVE_INFINITY;
  /** The same for one that somebody waits for. */
  private urgentDue = Number.POSITIVE_INFINITY;
  private failedAt = 0;
  private delay = FIRST_RETRY;
  private timer: unknown;
  private timerAt = Number.POSITIVE_INFINITY;
  private immediate: NodeJS.Immediate | undefined;
  private ends: Array<() => void> = [];
  private stopped = false;

  private readonly clock: JournalClock;
  private readonly commit: () => Promise<boolean>;

  /** @param commit writes all that is to be written; true when it succeeded, or there was nothing. Never rejects. */
  constructor(clock: JournalClock, commit: () => Promise<boolean>) {
    this.clock = clock;
    this.commit = commit;
  }

  /** A commit is wanted within `ms`. After a failure it waits: 100 ms when it is urgent, else up to 5 s. */
  request(ms: number, urgent = false): void {
    if (this.immediate !== undefined || this.stopped) return;
    const at = this.clock.monotonic() + ms;
    if (urgent) this.urgentDue = Math.min(this.urgentDue, at);
    else this.due = Math.min(this.due, at);
    this.schedule();
  }

  /** Settles with the end of the commit that is under way, or else of the next one. */
  ended(): Promise<void> {
    if (this.stopped && !this.running) return Promise.resolve();
    return new Promise((resolve) => {
      this.ends.push(resolve);
      this.hold();
    });
  }

  /** No further commits; who waits for an end is released. */
  stop(): void {
    this.stopped = true;
    this.clear();
    if (!this.running) this.end();
  }

  private schedule(): void {
    if (this.running || this.stopped || this.immediate !== undefined) return;
    const earliest = this.failing ? this.failedAt + this.delay : 0;
    const urgentEarliest = this.failing ? this.failedAt + FIRST_RETRY : 0;
    const at = Math.min(Math.max(this.due, earliest), Math.max(this.urgentDue, urgentEarliest));
    if (at >= this.timerAt) return this.hold();
    this.clear();
    if (at === Number.POSITIVE_INFINITY) return;
    const ms = at - this.clock.monotonic();
    if (ms <= 0) {
      // Not in this turn: what is stored in it, or in answer to the end of the last commit, comes along.
      this.immediate = setImmediate(() => void this.run());
      return;
    }
    this.timerAt = at;
    this.timer = this.clock.setTimeout(() => void this.run(), ms);
    this.hold();
  }

  /** An outbox whose disk refuses must not keep the process alive, unless somebody waits for it: he would never hear of it. */
  private hold(): void {
    const isWaitedFor = this.urgentDue !== Number.POSITIVE_INFINITY || this.ends.length > 0;
    const timer = this.timer as { ref?(): void; unref?(): void } | undefined;
    if (this.failing && !isWaitedFor) timer?.unref?.();
    else timer?.ref?.();
  }

  private async run(): Promise<void> {
    this.clear();
    if (this.running || this.stopped) return;
    this.due = Number.POSITIVE_INFINITY;
    this.urgentDue = Number.POSITIVE_INFINITY;
    this.running = true;
    const succeeded = await this.commit();
    this.running = false;
    if (succeeded) this.delay = FIRST_RETRY;
    else {
      this.delay = this.failing ? Math.min(this.delay * 2, LAST_RETRY) : FIRST_RETRY;
      this.failedAt = this.clock.monotonic();
      this.due = this.failedAt;
    }
    this.failing = !succeeded;
    this.end();
    this.schedule();
  }

  private end(): void {
    const ends = this.ends;
    this.ends = [];
    for (const resolve of ends) resolve();
  }

  private clear(): void {
    if (this.timerAt !== Number.POSITIVE_INFINITY) this.clock.clearTimeout(this.timer);
    if (this.immediate !== undefined) clearImmediate(this.immediate);
    this.timer = undefined;
    this.timerAt = Number.POSITIVE_INFINITY;
    this.immediate = undefined;
  }
}
