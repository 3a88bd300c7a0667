/** A deadline that is noticed so many ms too late is nobody else's fault: this process did not run. */
export const LATE = 200;

/** The engine's deadlines by name. Each is set once, moved, or cleared; none needs a timer of its own. */
export const TIMERS = [
  "fence",
  "ping",
  "stall",
  "dial",
  "attempt",
  "stagger",
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

const INDEX = Object.fromEntries(TIMERS.map((name, index) => [name, index])) as Record<TimerName, number>;

/** One table of named deadlines, in monotonic ms; the driver holds a single real timer for the nearest. */
export class Timers {
  /** By {@link INDEX}: an array of numbers takes half the room of an object with so many. */
  private readonly at: number[] = TIMERS.map(() => Number.POSITIVE_INFINITY);

  set(name: TimerName, at: number): void {
    this.at[INDEX[name]] = at;
  }

  /** Moves the deadline to `at` if that is nearer than what is set. */
  advance(name: TimerName, at: number): void {
    const index = INDEX[name];
    this.at[index] = Math.min(this.at[index], at);
  }

  clear(name: TimerName): void {
    this.at[INDEX[name]] = Number.POSITIVE_INFINITY;
  }

  isSet(name: TimerName): boolean {
    return this.at[INDEX[name]] !== Number.POSITIVE_INFINITY;
  }

  /** Clears the timer and says true when its time has come. */
  take(name: TimerName, now: number): boolean {
    const index = INDEX[name];
    if (this.at[index] > now) return false;
    this.at[index] = Number.POSITIVE_INFINITY;
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
