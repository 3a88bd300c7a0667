/** A deadline that is noticed so many ms too late is nobody else's fault: this process did not run. */
export const LATE = 200;

/** The engine's deadlines by name. Each is set once, moved, or cleared; none needs a timer of its own. */
export const TIMERS = [
  "fence",
  "ping",
  "stall",
  "attempt",
  "stagger",
  "dial",
  "departure",
  "handover",
  "standby",
  "failback",
  "hold",
  "margin",
  "requests",
  "expiry",
  "losses",
  "shutdown",
] as const;
export type TimerName = (typeof TIMERS)[number];

/** The first of them are those that each connection has at times: there is room for the others when one of them was set. */
const USUAL = 5;
const NONE_SET: readonly number[] = TIMERS.map(() => Number.POSITIVE_INFINITY);

const INDEX = Object.fromEntries(TIMERS.map((name, index) => [name, index])) as Record<TimerName, number>;

/** One table of named deadlines, in monotonic ms; the driver holds a single real timer for the nearest. */
export class Timers {
  /** By {@link INDEX}: an array of numbers takes half the room of an object with so many. */
  private at: number[] = NONE_SET.slice(0, USUAL);

  set(name: TimerName, at: number): void {
    const index = INDEX[name];
    if (index >= this.at.length) {
      if (at === Number.POSITIVE_INFINITY) return;
      this.at = this.at.concat(NONE_SET.slice(USUAL));
    }
    this.at[index] = at;
  }

  /** Moves the deadline to `at` if that is nearer than what is set. */
  advance(name: TimerName, at: number): void {
    this.set(name, Math.min(this.get(name), at));
  }

  clear(name: TimerName): void {
    this.set(name, Number.POSITIVE_INFINITY);
  }

  isSet(name: TimerName): boolean {
    return this.get(name) !== Number.POSITIVE_INFINITY;
  }

  private get(name: TimerName): number {
    const index = INDEX[name];
    return index < this.at.length ? this.at[index] : Number.POSITIVE_INFINITY;
  }

  /** Clears the timer and says true when its time has come. */
  take(name: TimerName, now: number): boolean {
    if (this.get(name) > now) return false;
    this.clear(name);
    return true;
  }

  clearAll(): void {
    this.at.fill(Number.POSITIVE_INFINITY);
  }

  /** The nearest deadline; Infinity when there is none. */
  get next(): number {
    let nearest = Number.POSITIVE_INFINITY;
    for (const at of this.at) if (at < nearest) nearest = at;
    return nearest;
  }
}
