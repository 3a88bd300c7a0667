/** Uniform in [0, 1). Injected, so that a run can be repeated. */
export type Random = () => number;

/** Exponential waits between passes through the server list. */
export interface BackoffOptions {
  /** Wait after the first pass, ms; default 1,000. */
  initial: number;
  /** Longest wait, ms; default 30,000. */
  max: number;
  /** Growth from one wait to the next; default 2. */
  factor: number;
  /**
   * `"full"` (default): anywhere between nearly nothing and the whole wait, or what the outage has lasted if that is
   * less, so that clients that lost the same server do not come back together; a number: the wait ± that fraction, never over `max`.
   */
  jitter: "full" | number;
  /** Passes through the whole list in one outage before giving up; default Infinity. */
  maxAttempts: number;
}

export const DEFAULT_BACKOFF: BackoffOptions = {
  initial: 1000,
  max: 30_000,
  factor: 2,
  jitter: "full",
  maxAttempts: Number.POSITIVE_INFINITY,
};

/** Shortest wait that full jitter gives, as a part of `initial`: never a tight loop. */
const FLOOR = 0.05;

/**
 * Wait in ms after pass number `attempt` (from 1).
 *
 * @param elapsed ms since the outage began: with full jitter nobody waits longer than it has lasted, so that a short
 *   outage of all servers is not followed by a long wait
 */
export function exponential(
  options: BackoffOptions,
  attempt: number,
  random: Random,
  elapsed = Number.POSITIVE_INFINITY,
): number {
  const wait = Math.min(options.max, options.initial * options.factor ** Math.min(attempt - 1, 1000));
  if (options.jitter === "full") {
    const floor = options.initial * FLOOR;
    return floor + (Math.min(wait, Math.max(options.initial, elapsed)) - floor) * random();
  }
  return Math.min(options.max, wait * (1 + options.jitter * (2 * random() - 1)));
}

/** Wait in ms of nats.js's options: fixed, plus up to `jitter` ms. */
export function fixed(wait: number, jitter: number, random: Random): number {
  return wait + jitter * random();
}
