import { Random } from "../random.js";
import { Agenda, type Appointment } from "./agenda.js";
import { Trace } from "./trace.js";

/** Virtual time: a clock that jumps from one appointment to the next. Each appointment is one step. */
export class World {
  /** Virtual ms; does not begin at 0, which the engine takes for "never". */
  now = 1000;
  steps = 0;
  /** Whether the last step happened in the client's process. */
  clientRan = false;
  readonly seed: number;
  readonly random: Random;
  readonly trace: Trace;
  /** Called behind every step: what a JavaScript engine does between two turns, and the invariants. */
  afterStep: () => void = () => {};
  private readonly agenda = new Agenda();
  private thaw = 0;

  constructor(seed: number, keepTrace = false) {
    this.seed = seed;
    this.random = new Random(seed);
    this.trace = new Trace(() => this.now, keepTrace);
  }

  /** Makes an appointment in `delay` ms. */
  in(delay: number, run: () => void): Appointment {
    return this.agenda.add(this.now + Math.max(0, delay), run, false);
  }

  /** The same in the client's process, which may be frozen when the time comes. */
  clientIn(delay: number, run: () => void): Appointment {
    return this.agenda.add(this.now + Math.max(0, delay), run, true);
  }

  /** Freezes the client's process: nothing in it happens for `duration` ms. */
  freeze(duration: number): void {
    this.thaw = Math.max(this.thaw, this.now + duration);
  }

  /** When the client's process was last able to run again. */
  get thawedAt(): number {
    return this.thaw;
  }

  /** Lets the next thing happen; false when there is nothing left. */
  step(): boolean {
    for (;;) {
      const next = this.agenda.take();
      if (next === undefined) return false;
      if (next.at > this.now) this.now = next.at;
      if (next.client && this.now < this.thaw) {
        this.agenda.postpone(next, this.thaw);
        continue;
      }
      this.steps++;
      this.clientRan = next.client;
      next.run();
      this.afterStep();
      return true;
    }
  }

  /** Steps until `done`, or until `limit` ms have passed or nothing is left; returns whether `done` came true. */
  until(done: () => boolean, limit = Number.POSITIVE_INFINITY): boolean {
    const end = this.now + limit;
    while (!done()) if (this.now > end || !this.step()) return done();
    return true;
  }

  /** Steps for `duration` ms. */
  pass(duration: number): void {
    let over = false;
    this.in(duration, () => {
      over = true;
    });
    this.until(() => over);
  }
}
