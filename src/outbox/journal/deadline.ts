import type { JournalClock } from "./options.js";

/**
 * Until a hook, a read or a commit must have settled, ms: longer than a key service takes that has to be asked twice, or a disk that sorts itself out, and short enough to be
 * told while somebody still looks for the reason.
 */
export const DEADLINE = 30_000;

/** Waiting for what somebody else has in his hands, no longer than {@link DEADLINE}, or until it is stopped. */
export class Deadline {
  private readonly clock: JournalClock;
  /** Ends those that wait. */
  private readonly waiting = new Set<(error: Error) => void>();

  constructor(clock: JournalClock) {
    this.clock = clock;
  }

  /** What is no promise is given back as it is; what `run` throws is thrown. */
  within<T>(run: () => T | Promise<T>, what: string, tooLate?: () => void): T | Promise<T> {
    const result = run();
    if (typeof (result as { then?: unknown } | undefined)?.then !== "function") return result;
    return new Promise<T>((resolve, reject) => {
      const end = (error: Error) => {
        this.clock.clearTimeout(timer);
        this.waiting.delete(end);
        reject(error);
      };
      const timer = this.clock.setTimeout(() => {
        tooLate?.();
        end(new Error(`${what} has not settled within ${DEADLINE / 1000} s`));
      }, DEADLINE);
      this.waiting.add(end);
      (result as Promise<T>).then((value) => {
        this.clock.clearTimeout(timer);
        this.waiting.delete(end);
        resolve(value);
      }, end);
    });
  }

  /** Whoever waits does so no longer. */
  stop(): void {
    for (const end of [...this.waiting]) end(new Error("the outbox was closed"));
  }
}
