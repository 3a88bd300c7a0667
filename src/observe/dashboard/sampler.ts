import type { Cancel, Clock } from "./clock.js";
import { SAMPLE_MS } from "./protocol.js";

/** Seconds without a sample that are counted, at most: a clock that was set by a year has not seen it go by. */
const MOST_MISSED = 3_600;

/**
 * Beats once in every second of the wall clock. Of a process that did not run (stopped, suspended) the next beat says how many seconds were
 * missed: the wall clock goes on meanwhile, a monotonic one may not.
 */
export class Sampler {
  private readonly clock: Clock;
  private readonly beat: (missed: number) => void;
  private second: number;
  private cancel: Cancel;

  constructor(clock: Clock, beat: (missed: number) => void) {
    this.clock = clock;
    this.beat = beat;
    this.second = nearest(clock.now());
    this.cancel = this.wait();
  }

  close(): void {
    this.cancel();
  }

  private wait(): Cancel {
    const now = this.clock.now();
    const next = (nearest(now) + 1) * SAMPLE_MS;
    return this.clock.after(next - now, () => this.tick());
  }

  private tick(): void {
    const second = nearest(this.clock.now());
    const before = this.second;
    this.second = second;
    this.cancel = this.wait();
    // The timer was early, and the next one comes in this second as well. A clock that was set back goes on from there.
    if (second === before) return;
    this.beat(second < before ? 0 : Math.min(second - before - 1, MOST_MISSED));
  }
}

/** Timers are some ms early or late: what is between two seconds belongs to the nearer one. */
function nearest(ms: number): number {
  return Math.round(ms / SAMPLE_MS);
}
