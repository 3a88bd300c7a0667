import { CodedError } from "../../errors.js";
import type { Clock, Timer } from "../../io/clock.js";

/** Says that something was not there within so many ms. */
export type Late = (ms: number) => CodedError;

/** It took too long: `what` did not happen. */
export function late(what: string): Late {
  return (ms) => new CodedError("TIMEOUT", `${what} within ${Math.round(ms)} ms`);
}

/** How much time a probe has, for each wait and in all, and whether anyone still wants it. */
export class ProbeTime {
  readonly clock: Clock;
  /** ms for each step. */
  readonly timeout: number;
  private readonly end: number;
  private readonly signal: AbortSignal | undefined;

  constructor(clock: Clock, timeout: number, deadline: number, signal: AbortSignal | undefined) {
    this.clock = clock;
    this.timeout = timeout;
    this.end = clock.now() + deadline;
    this.signal = signal;
  }

  get aborted(): boolean {
    return this.signal?.aborted === true;
  }

  /** ms that a step may still take that has begun at `since`. */
  left(since: number): number {
    const now = this.clock.now();
    return Math.max(0, Math.min(this.timeout - (now - since), this.end - now));
  }

  /**
   * Waits for something.
   *
   * @param begin is given what settles the wait; what it returns is called when that is over, however it ended
   * @param since when the step began whose time it is
   * @throws what `tooLate` makes when the time is up; CodedError `CONNECTION_CLOSED` when the probe is aborted
   */
  within<T>(
    begin: (done: (value: T) => void, failed: (error: unknown) => void) => () => void,
    tooLate: Late,
    since: number,
  ): Promise<T> {
    const { clock, signal } = this;
    const limit = this.left(since);
    return new Promise<T>((resolve, reject) => {
      let over = false;
      let timer: Timer | undefined;
      let undo: () => void = () => {};
      const finish = (settle: () => void) => {
        if (over) return;
        over = true;
        clock.clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        undo();
        settle();
      };
      const failed = (error: unknown) => finish(() => reject(error));
      const abort = () =>
        failed(new CodedError("CONNECTION_CLOSED", 'the probe was ended by option "signal"'));
      if (signal?.aborted === true) return abort();
      signal?.addEventListener("abort", abort);
      // What came in while this process was busy lies in the kernel: it is read before the time is found to be up.
      const expired = () => clock.setImmediate(() => failed(tooLate(limit)));
      timer = clock.setTimeout(expired, Math.ceil(limit));
      const cleanUp = begin((value) => finish(() => resolve(value)), failed);
      if (over) cleanUp();
      else undo = cleanUp;
    });
  }
}
