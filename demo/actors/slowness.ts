import { now } from "../clock.js";

/** Short pauses are collected until they are worth one that the system can keep. */
const LEAST_PAUSE = 5;
const bell = new Int32Array(new SharedArrayBuffer(4));

/** A handler that takes its time: it holds up the process, as one does that computes or calls something synchronous. */
export class Slowness {
  #until = 0;
  #each = 0;
  #debt = 0;
  readonly #clock: () => number;
  readonly #pause: (ms: number) => void;

  constructor(clock: () => number = now, pause: (ms: number) => void = block) {
    this.#clock = clock;
    this.#pause = pause;
  }

  /** From now on, for `ms` milliseconds, every message takes `each` milliseconds. */
  begin(ms: number, each: number): void {
    this.#until = this.#clock() + ms;
    this.#each = each;
    this.#debt = 0;
  }

  /** To be called for every message. */
  endure(): void {
    if (this.#until === 0) return;
    this.#debt += this.#each;
    if (this.#debt < LEAST_PAUSE) return;
    this.#pause(this.#debt);
    this.#debt = 0;
    if (this.#clock() >= this.#until) this.#until = 0;
  }
}

function block(ms: number): void {
  Atomics.wait(bell, 0, 0, ms);
}
