/** What a clock gives for a timer that it has started. */
export type Timer = object;

/** Time, as io and client know it: the system's, or that of a simulated world. */
export interface Clock {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** ms since the epoch at which `now()` was 0. */
  readonly origin: number;
  /** Calls back in `ms` milliseconds, or in 24.8 days if that is later: `Infinity` is a fair timeout. */
  setTimeout(callback: () => void, ms: number): Timer;
  /** Ends a timer; one that is over, or `undefined`, is left alone. */
  clearTimeout(timer: Timer | undefined): void;
  /** Calls back in the next turn of the event loop, behind what has come in. */
  setImmediate(callback: () => void): void;
}

/** Longest delay that Node's timers take, ms; with a longer one they fire at once. */
const LONGEST = 0x7fff_ffff;

/** The clock and the timers of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  origin: performance.timeOrigin,
  setTimeout: (callback, ms) => setTimeout(callback, Math.min(ms, LONGEST)),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  setImmediate: (callback) => {
    setImmediate(callback);
  },
};
