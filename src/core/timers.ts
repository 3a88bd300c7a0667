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

/** One table of named deadlines, in monotonic ms; the driver holds a single real timer for the nearest. */
export class Timers {
  private readonly at: Record<TimerName, number> = {
    fence: Number.POSITIVE_INFINITY,
    ping: Number.POSITIVE_INFINITY,
    stall: Number.POSITIVE_INFINITY,
    dial: Number.POSITIVE_INFINITY,
    attempt: Number.POSITIVE_INFINITY,
    stagger: Number.POSITIVE_INFINITY,
    departure: Number.POSITIVE_INFINITY,
    handover: Number.POSITIVE_INFINITY,
    standby: Number.POSITIVE_INFINITY,
    failback: Number.POSITIVE_INFINITY,
    hold: Number.POSITIVE_INFINITY,
    margin: Number.POSITIVE_INFINITY,
    requests: Number.POSITIVE_INFINITY,
    expiry: Number.POSITIVE_INFINITY,
    losses: Number.POSITIVE_INFINITY,
    shutdown: Number.POSITIVE_INFINITY,
  };

  set(name: TimerName, at: number): void {
    this.at[name] = at;
  }

  /** Moves the deadline to `at` if that is nearer than what is set. */
  advance(name: TimerName, at: number): void {
    this.at[name] = Math.min(this.at[name], at);
  }

  clear(name: TimerName): void {
    this.at[name] = Number.POSITIVE_INFINITY;
  }

  isSet(name: TimerName): boolean {
    return this.at[name] !== Number.POSITIVE_INFINITY;
  }

  /** Clears the timer and says true when its time has come. */
  take(name: TimerName, now: number): boolean {
    if (this.at[name] > now) return false;
    this.at[name] = Number.POSITIVE_INFINITY;
    return true;
  }

  clearAll(): void {
    for (const name of TIMERS) this.clear(name);
  }

  /** The nearest deadline; Infinity when there is none. */
  get next(): number {
    let nearest = Number.POSITIVE_INFINITY;
    for (const name of TIMERS) if (this.at[name] < nearest) nearest = this.at[name];
    return nearest;
  }
}
