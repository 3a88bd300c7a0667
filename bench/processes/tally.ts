import type { Sample } from "../figures.js";
import { Meter } from "./meter.js";

/** Messages between two looks at the clock. */
const STEP = 4096;

/** How much a {@link Tally} counts. */
export interface Course {
  /** Most messages before the measurement. */
  readonly warm: number;
  /** ms from the first message after which the measurement begins, if there were fewer by then. */
  readonly warmMs: number;
  /** Most messages of the measurement. */
  readonly measured: number;
  /** ms after which it ends, if they have not all come by then. */
  readonly ms: number;
  /** Bytes of every payload; what has another size fails the measurement. */
  readonly size: number;
}

/** Counts what comes in: first to warm up, then for the measurement, which begins and ends with a message. */
export class Tally {
  readonly sample: Promise<Sample>;
  readonly #course: Course;
  readonly #step: number;
  #resolve!: (sample: Sample) => void;
  #reject!: (error: Error) => void;
  #messages = 0;
  #bytes = 0;
  #next: number;
  #warming: number | undefined;
  #meter: Meter | undefined;
  #from = 0;
  #end = 0;
  #done = false;

  constructor(course: Course) {
    this.#course = course;
    this.#step = Math.max(1, Math.min(STEP, Math.floor(course.measured / 8)));
    this.#next = Math.min(course.warm, this.#step);
    this.sample = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get messages(): number {
    return this.#messages;
  }

  get done(): boolean {
    return this.#done;
  }

  readonly take = (messages: number, bytes: number): void => {
    this.#messages += messages;
    this.#bytes += bytes;
    if (this.#messages >= this.#next && !this.#done) this.#look();
  };

  #look(): void {
    const { warm, measured, ms, size } = this.#course;
    const messages = this.#messages;
    this.#next = messages + this.#step;
    if (this.#bytes !== messages * size) {
      this.#done = true;
      this.#reject(new Error(`${messages} payloads of ${size} bytes have ${this.#bytes} in all`));
    } else if (this.#meter === undefined) {
      if (!this.#isWarm()) return;
      this.#from = messages;
      // Warming up may have ended early, or a little late: more than both together will not come.
      this.#end = Math.min(messages, warm) + measured;
      this.#next = Math.min(this.#next, this.#end);
      this.#meter = new Meter();
    } else {
      this.#next = Math.min(this.#next, this.#end);
      if (messages < this.#end && this.#meter.elapsed < ms) return;
      this.#done = true;
      this.#resolve(this.#meter.stop(messages - this.#from));
    }
  }

  #isWarm(): boolean {
    const { warm, warmMs } = this.#course;
    this.#warming ??= performance.now();
    if (this.#messages >= warm || performance.now() - this.#warming >= warmMs) return true;
    this.#next = Math.min(this.#next, warm);
    return false;
  }
}
