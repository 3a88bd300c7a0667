import type { Clock, Timer } from "../../io/clock.js";
import type { Appointment } from "../sim/agenda.js";
import type { World } from "../sim/world.js";

/** Longest delay that Node's timers take, ms. */
const LONGEST = 0x7fff_ffff;

/** A world's time for the real client: its timers are appointments of the client's process. */
export class VirtualClock implements Clock {
  readonly origin = Date.UTC(2026, 0, 1);
  readonly now: () => number;
  private readonly world: World;
  private readonly random: () => number;
  private readonly lateness: number;
  /** Timers, and calls for the next turn, that are under way. */
  private readonly running = new Set<Timer>();

  /** @param lateness up to so many ms a timer may be late */
  constructor(world: World, random: () => number, lateness: number) {
    this.world = world;
    this.random = random;
    this.lateness = lateness;
    this.now = () => world.now;
  }

  /** How many timers, and calls for the next turn, are under way. */
  get pending(): number {
    return this.running.size;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const late = this.random() < 0.2 ? this.lateness * this.random() : 0;
    // As Node does it: whole milliseconds, and at least one.
    const delay = Math.max(1, Math.trunc(Math.min(ms, LONGEST))) + late;
    return this.start(delay, callback, "timer");
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer === undefined || !this.running.delete(timer)) return;
    (timer as Appointment).cancelled = true;
  }

  setImmediate(callback: () => void): void {
    this.start(0, callback, "immediate");
  }

  private start(delay: number, callback: () => void, what: string): Timer {
    const appointment = this.world.clientIn(delay, () => {
      this.running.delete(appointment);
      this.world.trace.note(what);
      callback();
    });
    this.running.add(appointment);
    return appointment;
  }
}
