import type { JournalClock } from "./options.js";

/** How long whoever asks for a batch waits for the disk or for a hook, ms: he may have been told to stop meanwhile, and hears of it when there is more. */
const PATIENCE = 1000;

/** Waiting that ends early when there is something to see, and in any case after a while. */
export class Patience {
  private readonly clock: JournalClock;
  private readonly waiting = new Set<() => void>();

  constructor(clock: JournalClock) {
    this.clock = clock;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.clock.clearTimeout(timer);
        this.waiting.delete(done);
        resolve();
      };
      const timer = this.clock.setTimeout(done, PATIENCE);
      this.waiting.add(done);
    });
  }

  /** For all who wait now. */
  end(): void {
    for (const done of [...this.waiting]) done();
  }
}
