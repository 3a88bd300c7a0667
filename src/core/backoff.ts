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
   * `"spread"` (default): full jitter for four waits, then the last tenth of the wait, so that clients that lost the same servers come
   * back evenly spread; none waits longer than 0.65 times what the outage has lasted, 1.3 times where TLS is used, or than `initial`.
   * `"full"`: always anywhere between nearly nothing and the whole wait, none longer than the outage has lasted. A number: the wait ±
   * that fraction, never over `max`.
   */
  jitter: "spread" | "full" | number;
  /** Passes through the whole list in one outage before giving up; default Infinity. */
  maxAttempts: number;
}

export const DEFAULT_BACKOFF: BackoffOptions = {
  initial: 1000,
  max: 30_000,
  factor: 2,
  jitter: "spread",
  maxAttempts: Number.POSITIVE_INFINITY,
};

/** Shortest wait that jitter gives, as a part of `initial`: never a tight loop. */
const FLOOR = 0.05;

/** Waits with full jitter at the beginning of an outage: they spread the clients, which have lost their servers together. */
const SPREADING = 4;

/** From where on the waits lie that follow, as a part of the whole: they keep the clients spread, and nobody much longer than the others. */
const LATE = 0.9;

/**
 * Longest wait as a part of what the outage has lasted: one and this is how long the last client is without a server, in outages.
 * Chosen by simulation (docs/storms.md): a third more than nats.js's last, at a fifth of its connects per second. With TLS each
 * client costs its server more, and they are spread over a longer time.
 */
export const SHARE = 0.65;
export const SHARE_TLS = 1.3;

/**
 * Wait in ms after pass number `attempt` (from 1).
 *
 * @param elapsed ms since the outage began: a short outage of all servers is not followed by a long wait
 * @param share how much of that is waited at most, with jitter `"spread"`
 */
export function exponential(
  options: BackoffOptions,
  attempt: number,
  random: Random,
  elapsed = Number.POSITIVE_INFINITY,
  share = SHARE,
): number {
  const { initial, jitter, max } = options;
  const wait = longest(options, attempt);
  if (typeof jitter === "number") return Math.min(max, wait * (1 + jitter * (2 * random() - 1)));
  const most = Math.min(wait, Math.max(initial, jitter === "full" ? elapsed : share * elapsed));
  const least = jitter === "full" || attempt <= SPREADING ? initial * FLOOR : most * LATE;
  return least + (most - least) * random();
}

/**
 * Wait in ms after a pass in which a server had no room for us (`maximum connections exceeded`, throttling): one step
 * further, and with jitter in the upper half only. A server that is full does not get room by being asked, each asking
 * costs it a handshake, and there is no outage that could be over soon: so nobody comes back almost at once, as full jitter
 * lets some do, and how long the outage has lasted does not matter.
 */
export function further(options: BackoffOptions, attempt: number, random: Random): number {
  if (typeof options.jitter === "number") return exponential(options, attempt + 1, random);
  return (longest(options, attempt + 1) / 2) * (1 + random());
}

function longest({ initial, factor, max }: BackoffOptions, attempt: number): number {
  return Math.min(max, initial * factor ** Math.min(attempt - 1, 1000));
}

/** Wait in ms of nats.js's options: fixed, plus up to `jitter` ms. */
export function fixed(wait: number, jitter: number, random: Random): number {
  return wait + jitter * random();
}
