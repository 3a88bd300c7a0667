/** ms within which a clock may be put right in one step: messages do not come later than this as a rule. */
const STEP_MS = 2_000;
/** ms by which a clock may fall behind from one look to the next: clocks of two machines do not run alike. */
const DRIFT_MS = 1;
/** From this difference on it is worth a word. */
export const NOTABLE_MS = 2_000;

/**
 * The clock of the process that is looked at, in a browser whose own may be wrong. What comes from the process says what time it is there; the
 * way of a message only ever makes it look earlier, so that the latest is the truest.
 */
export class ProcessClock {
  private readonly browserNow: () => number;
  private offset: number | undefined;

  /** @param browserNow ms since the epoch by the clock of the browser */
  constructor(browserNow: () => number = Date.now) {
    this.browserNow = browserNow;
  }

  /** It was `at` (ms since the epoch) over there, when what has come just now was sent. */
  heard(at: number): void {
    const offset = at - this.browserNow();
    const { offset: known } = this;
    if (known === undefined || offset > known || offset < known - STEP_MS) this.offset = offset;
    else this.offset = Math.max(offset, known - DRIFT_MS);
  }

  /** It is another process's clock from now on. */
  forget(): void {
    this.offset = undefined;
  }

  /** ms since the epoch, over there. */
  now(): number {
    return this.at(this.browserNow());
  }

  /** What time it was over there, when the clock of the browser showed `browserTime`. */
  at(browserTime: number): number {
    return browserTime + (this.offset ?? 0);
  }

  /** ms by which the process is ahead of the browser (negative: behind); 0 when that is not worth a word. */
  get difference(): number {
    const { offset = 0 } = this;
    return Math.abs(offset) < NOTABLE_MS ? 0 : offset;
  }
}
