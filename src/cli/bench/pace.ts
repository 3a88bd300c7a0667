import { setImmediate, setTimeout as sleep } from "node:timers/promises";

/** Messages between two looks at the clock. */
const BATCH = 64;

/** How fast a publisher goes, and how long: asked before each message. */
export class Pace {
  readonly #perMs: number | undefined;
  readonly #began: number;
  readonly #until: number;
  readonly #signal: AbortSignal;
  readonly #now: () => number;
  #sent = 0;

  /**
   * @param rate messages per second; undefined: as fast as it goes
   * @param seconds undefined: until the messages are out
   */
  constructor(
    rate: number | undefined,
    seconds: number | undefined,
    signal: AbortSignal,
    now = () => performance.now(),
  ) {
    this.#perMs = rate === undefined ? undefined : rate / 1000;
    this.#now = now;
    this.#began = now();
    this.#until = seconds === undefined ? Number.POSITIVE_INFINITY : this.#began + seconds * 1000;
    this.#signal = signal;
  }

  /** Whether there is nothing to be waited for, and one more may be sent right now. */
  get free(): boolean {
    return this.#perMs === undefined && this.#sent % BATCH !== 0 && !this.#signal.aborted;
  }

  sent(): void {
    this.#sent++;
  }

  /** Resolves when one more may be sent; false: it is over. */
  async next(): Promise<boolean> {
    for (;;) {
      if (this.#signal.aborted || this.#now() >= this.#until) return false;
      if (this.#perMs === undefined) {
        // Subscribers of this process have their turn.
        await setImmediate();
        return !this.#signal.aborted;
      }
      const due = this.#began + this.#sent / this.#perMs;
      const wait = due - this.#now();
      if (wait <= 0) {
        if (this.#sent % BATCH === 0) await setImmediate();
        return !this.#signal.aborted;
      }
      const ms = Math.min(wait, this.#until - this.#now());
      await sleep(Math.max(1, ms), undefined, { signal: this.#signal }).catch(() => {});
    }
  }
}
