/** Ends what was asked for, if it has not happened yet. */
export type Cancel = () => void;

/** Time, as the dashboard knows it: the system's, or that of a test. */
export interface Clock {
  /** ms since the epoch: what is shown. It may be set. */
  now(): number;
  /** Monotonic ms: what is measured with. */
  elapsed(): number;
  /** Calls back once, in `ms` milliseconds; does not keep the process alive. */
  after(ms: number, action: () => void): Cancel;
}

/** The clock and the timers of this process. */
export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  elapsed: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
