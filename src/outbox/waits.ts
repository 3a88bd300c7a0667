/** Whom a wait is for. */
interface Waiting {
  /** It also ends when nothing more is sent for the time being. */
  readonly endsWhenStuck: boolean;
  end(): void;
}

/** Those who wait until nothing is held, or nothing is on its way: who is told when, and that no timer outlives its wait. */
export class Waits {
  private readonly waiting = new Set<Waiting>();
  private readonly quiet = new Set<() => void>();

  /**
   * Settles when nothing is held any more; false: not within `timeout` ms.
   *
   * @param endsWhenStuck without a link it ends at once: nothing more is sent then
   */
  empty(timeout: number | undefined, endsWhenStuck = false): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = {
        endsWhenStuck,
        end: () => {
          clearTimeout(timer);
          this.waiting.delete(waiting);
          resolve(true);
        },
      };
      const giveUp = () => {
        this.waiting.delete(waiting);
        resolve(false);
      };
      const timer = timeout === undefined ? undefined : setTimeout(giveUp, timeout);
      this.waiting.add(waiting);
    });
  }

  /** Settles when nothing is on its way any more, or after `timeout` ms. */
  untilQuiet(timeout: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.quiet.delete(end);
        resolve();
      };
      const timer = setTimeout(end, timeout);
      this.quiet.add(end);
    });
  }

  /** Nothing is held any more, or ever will be sent. */
  emptied(): void {
    for (const { end } of [...this.waiting]) end();
  }

  /** Nothing more is sent for the time being. */
  stuck(): void {
    for (const { endsWhenStuck, end } of [...this.waiting]) if (endsWhenStuck) end();
  }

  /** Nothing is on its way any more. */
  quieted(): void {
    for (const end of [...this.quiet]) end();
  }
}
