import { Meter, type Sample } from "./meter.js";

/** Messages between two calls of `onStep`. */
const STEP = 8192;

/** Counts what comes in: first to warm up, then for the measurement, which begins and ends with a message. */
export class Tally {
  readonly sample: Promise<Sample>;
  readonly #warm: number;
  readonly #end: number;
  readonly #size: number;
  readonly #onStep: (messages: number) => void;
  #resolve!: (sample: Sample) => void;
  #messages = 0;
  #bytes = 0;
  #told = 0;
  #meter: Meter | undefined;
  #from = 0;

  /**
   * @param warm messages before the measurement
   * @param measured messages of the measurement
   * @param size bytes of every payload; what has another size fails the measurement
   * @param onStep told now and then how many messages came in since it was called last
   */
  constructor(warm: number, measured: number, size: number, onStep: (messages: number) => void) {
    this.#warm = warm;
    this.#end = warm + measured;
    this.#size = size;
    this.#onStep = onStep;
    this.sample = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  add(messages: number, bytes: number): void {
    this.#messages += messages;
    this.#bytes += bytes;
    if (this.#messages - this.#told >= STEP || this.#messages >= this.#end) this.#step();
  }

  #step(): void {
    if (this.#bytes !== this.#messages * this.#size) throw new Error("a payload has the wrong size");
    this.#onStep(this.#messages - this.#told);
    this.#told = this.#messages;
    if (this.#meter === undefined) {
      if (this.#messages < this.#warm) return;
      globalThis.gc?.();
      this.#from = this.#messages;
      this.#meter = new Meter();
    } else if (this.#messages >= this.#end) {
      this.#resolve(this.#meter.stop(this.#messages - this.#from));
    }
  }
}
