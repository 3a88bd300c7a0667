import { Agenda, type Appointment } from "../src/testing/sim/agenda.js";

/** Virtual time: what happens in it happens in the order of its appointments, and takes no time by itself. */
export class World {
  /** Virtual ms since the world began. */
  now = 0;
  private readonly agenda = new Agenda();

  at(at: number, run: () => void): Appointment {
    return this.agenda.add(Math.max(at, this.now), run, false);
  }

  after(ms: number, run: () => void): Appointment {
    return this.at(this.now + ms, run);
  }

  /** Lets time pass until `done()`, or `end`. */
  run(end: number, done: () => boolean = () => false): void {
    while (!done()) {
      const next = this.agenda.take();
      if (next === undefined || next.at > end) {
        if (next !== undefined) this.agenda.postpone(next, next.at);
        this.now = end;
        return;
      }
      this.now = next.at;
      next.run();
    }
  }
}
