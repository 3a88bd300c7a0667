import type { Gap } from "../protocol.js";

/** Shorter pauses are how messages come anyway: publishers wake up every ms or two. */
export const NOTABLE = 5;

/** Finds the pauses in a steady sequence of moments. */
export class Gaps {
  #last = Number.NaN;
  readonly #list: Gap[] = [];

  /** @param at ms of a monotonic clock, the same for all moments */
  note(at: number): void {
    const ms = at - this.#last;
    this.#last = at;
    if (ms >= NOTABLE) this.#list.push({ at, ms });
  }

  /** What comes next begins anew: the pause before it was wanted. */
  restart(): void {
    this.#last = Number.NaN;
  }

  /** The pauses since the last call. */
  take(): Gap[] {
    return this.#list.splice(0);
  }
}
