/** ms of work that may be made up for at once when the process was held up: a burst for more would be no steady rate. */
const CATCH_UP = 100;

/** Says how many messages are due at a steady rate. */
export class Pace {
  readonly #perSecond: number;
  #from: number;
  #counted: number;

  /**
   * @param at the time, ms
   * @param done messages published so far
   */
  constructor(perSecond: number, at: number, done: number) {
    this.#perSecond = perSecond;
    this.#from = at;
    this.#counted = done;
  }

  /** How many are to be published now; all of them are taken for published. */
  due(at: number, done: number): number {
    const late = ((at - this.#from) * this.#perSecond) / 1000 - (done - this.#counted);
    const due = Math.floor(Math.min(late, Math.max(1, (CATCH_UP * this.#perSecond) / 1000)));
    if (due < Math.floor(late)) this.restart(at, done + due);
    return due;
  }

  /** Begins anew, after a pause that is not to be made up for. */
  restart(at: number, done: number): void {
    this.#from = at;
    this.#counted = done;
  }
}
