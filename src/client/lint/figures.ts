import type { BackoffOptions } from "../../core/backoff.js";
import { DEFAULT_BACKOFF } from "../../core/backoff.js";
import type { ConnectionOptions } from "../options.js";
import { DEFAULTS } from "../settings.js";

/** The wait between passes that nats.js has unless told otherwise, ms. */
export const TIME_WAIT_OF_NATS_JS = 2000;

/** How long is waited between passes: always the same, or longer and longer. */
export type Waits =
  | {
      readonly kind: "fixed";
      readonly wait: number;
      readonly option: "reconnectTimeWait" | "reconnectJitter";
    }
  | { readonly kind: "backoff"; readonly backoff: BackoffOptions };

/** What the options say of the waits between passes; undefined: a function says it. */
export function waitsOf(options: ConnectionOptions): Waits | undefined {
  if (options.reconnectDelayHandler !== undefined) return undefined;
  const { reconnectTimeWait: wait, reconnectJitter, reconnectJitterTLS } = options;
  if (wait !== undefined) return { kind: "fixed", wait, option: "reconnectTimeWait" };
  if (reconnectJitter !== undefined || reconnectJitterTLS !== undefined)
    return { kind: "fixed", wait: TIME_WAIT_OF_NATS_JS, option: "reconnectJitter" };
  const { initial, max, factor, jitter, maxAttempts } = options.backoff ?? {};
  return {
    kind: "backoff",
    backoff: {
      initial: initial ?? Math.min(DEFAULT_BACKOFF.initial, max ?? DEFAULT_BACKOFF.max),
      max: max ?? Math.max(DEFAULT_BACKOFF.max, initial ?? 0),
      factor: factor ?? DEFAULT_BACKOFF.factor,
      jitter: jitter ?? DEFAULT_BACKOFF.jitter,
      maxAttempts: maxAttempts ?? DEFAULT_BACKOFF.maxAttempts,
    },
  };
}

/** ms of all waits between the first so many passes; Infinity when there is no limit. */
export function patienceOf(waits: Waits, passes: number): number {
  if (passes === Number.POSITIVE_INFINITY) return passes;
  const between = Math.max(0, passes - 1);
  if (waits.kind === "fixed") return between * waits.wait;
  const { initial, max, factor } = waits.backoff;
  let sum = 0;
  let wait = initial;
  for (let i = 0; i < between; i++) {
    // From here on they are all as long.
    if (wait >= max || factor === 1) return sum + (between - i) * Math.min(wait, max);
    sum += wait;
    wait *= factor;
  }
  return sum;
}

/** ms after which an idle link that is dead is given up; Infinity: never. */
export function pingBudget(options: ConnectionOptions): number {
  const { pingInterval = DEFAULTS.pingInterval, maxPingOut = DEFAULTS.maxPingOut } = options;
  return pingInterval <= 0 ? Number.POSITIVE_INFINITY : pingInterval * (maxPingOut + 1);
}
