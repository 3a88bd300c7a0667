/** Waits for next tries, which can all be ended at once. */
export class RetryWaits {
  private readonly waits = new Map<NodeJS.Timeout, (isDue: boolean) => void>();
  private isEnded = false;

  /** Calls `then` after `ms`: with true, or at once with false when the waiting has been ended. */
  wait(ms: number, then: (isDue: boolean) => void): void {
    if (this.isEnded) return then(false);
    const timer = setTimeout(() => {
      this.waits.delete(timer);
      then(true);
    }, ms);
    this.waits.set(timer, then);
  }

  /** Ends all waits, and those to come. */
  end(): void {
    this.isEnded = true;
    for (const [timer, then] of [...this.waits]) {
      clearTimeout(timer);
      this.waits.delete(timer);
      then(false);
    }
  }
}
