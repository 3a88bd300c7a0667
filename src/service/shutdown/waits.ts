/** Waits that have a deadline, and that all end when there is nothing to wait for any more. Their timers keep the process alive. */
export class Waits {
  private readonly ends = new Set<() => void>();
  private over = false;

  /**
   * Whether `work` has settled by then; that it rejects counts as well. What has settled before is seen also when it is too late.
   *
   * @param until by `performance.now()`
   */
  settledBy(until: number, work: Promise<unknown>): Promise<boolean> {
    if (this.over) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (settled: boolean) => {
        clearTimeout(timer);
        this.ends.delete(giveUp);
        resolve(settled);
      };
      const giveUp = () => end(false);
      const timer = setTimeout(giveUp, Math.max(0, until - performance.now()));
      this.ends.add(giveUp);
      const settle = () => end(true);
      work.then(settle, settle);
    });
  }

  /** Nobody waits any more. */
  endAll(): void {
    this.over = true;
    for (const giveUp of this.ends) giveUp();
  }
}
