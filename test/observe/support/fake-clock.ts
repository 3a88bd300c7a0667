import type { Cancel, Clock } from "../../../src/observe/dashboard/clock.js";

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

/** Time that a test lets go by. */
export class FakeClock implements Clock {
  /** Monotonic ms. */
  private time = 0;
  /** What the wall clock is ahead of it. */
  offset: number;
  private timers: Timer[] = [];

  /** @param at ms since the epoch */
  constructor(at = 1_700_000_000_000) {
    this.offset = at;
  }

  now(): number {
    return this.offset + this.time;
  }

  elapsed(): number {
    return this.time;
  }

  after(ms: number, action: () => void): Cancel {
    const timer = { at: this.time + ms, action };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** When timers are due, monotonic ms. */
  get due(): readonly number[] {
    return this.timers.map(({ at }) => at);
  }

  /** Timers that were not over. */
  get waiting(): number {
    return this.timers.length;
  }

  /** Lets so many ms go by, and everything happen that falls into them, in its order. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((other) => other !== due);
      this.time = Math.max(this.time, due.at);
      due.action();
    }
    this.time = end;
  }

  /** The process does not run for so many ms: what falls into them happens late. */
  stall(ms: number): void {
    this.time += ms;
  }
}
