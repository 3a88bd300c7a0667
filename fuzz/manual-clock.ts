import type { Clock, Timer } from "../src/io/clock.js";

/** A clock that goes only when it is told to. */
export class ManualClock implements Clock {
  readonly origin = 0;
  private time = 0;
  private readonly timers = new Set<{ at: number; callback: () => void }>();

  readonly now = (): number => this.time;

  setTimeout(callback: () => void, ms: number): Timer {
    const timer = { at: this.time + Math.max(0, ms), callback };
    this.timers.add(timer);
    return timer;
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer !== undefined) this.timers.delete(timer as { at: number; callback: () => void });
  }

  setImmediate(callback: () => void): void {
    setImmediate(callback);
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.timers.size;
  }

  /** Lets time pass; in between, everything else has its turn. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    for (let next = this.next(end); next !== undefined; next = this.next(end)) {
      this.timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.callback();
      await turns();
    }
    this.time = end;
  }

  private next(end: number): { at: number; callback: () => void } | undefined {
    const due = [...this.timers].filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at)[0];
  }
}

/** Lets streams, promises and what they cause have their turn. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
