/** Somebody waits for all messages up to a number. */
interface Flush {
  readonly upTo: number;
  left: number;
  readonly settled: () => void;
}

/** Those who wait for messages to get their outcomes. */
export class OutcomeWaits {
  /** Each is asked whether what it waits for has come. */
  private readonly waiting = new Set<() => boolean>();
  private readonly flushes = new Set<Flush>();

  /** Resolves when it holds: it is looked at after each {@link came}, and with {@link recheck}. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.add(() => {
        if (!holds()) return false;
        resolve();
        return true;
      });
    });
  }

  /**
   * Waits until the messages up to this number have their outcome.
   *
   * @param pending how many of them have none
   * @returns how many have none after so many ms
   */
  async flush(upTo: number, pending: number, timeout: number): Promise<number> {
    if (pending === 0) return 0;
    let settled: (() => void) | undefined;
    const all = new Promise<void>((resolve) => {
      settled = resolve;
    });
    const flush: Flush = { upTo, left: pending, settled: settled! };
    this.flushes.add(flush);
    await isWithin(timeout, all);
    this.flushes.delete(flush);
    return flush.left;
  }

  /** The message with this number has its outcome. */
  came(number: number): void {
    for (const flush of this.flushes) if (number <= flush.upTo && --flush.left === 0) flush.settled();
    this.recheck();
  }

  recheck(): void {
    for (const isEnough of this.waiting) if (isEnough()) this.waiting.delete(isEnough);
  }
}

/** Whether it resolves within so many ms. */
export async function isWithin(ms: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
