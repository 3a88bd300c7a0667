import type { IBackoff, IBackoffFactory, IRetryBackoffContext } from "cockatiel";
import { invalidOption } from "../../checks/invalid.js";
import { LONGEST_WAIT, type RetryBackoff, retryDelays } from "../work/retry-delays.js";
import { atOnce } from "./at-once.js";
import type { RetryOptions } from "./options.js";

/** The waits of one call: the next one after try number `attempt` (from 1), which has failed with `error`. */
export type CallDelays = (attempt: number, error: Error, signal: AbortSignal) => number;
/** Begins the waits of a call. */
export type Delays = () => CallDelays;

type Factory = IBackoffFactory<IRetryBackoffContext<unknown>>;

/**
 * The waits of option `retry.backoff`: ours, or those of a backoff of cockatiel's.
 *
 * @throws an error with code `INVALID_OPTION`
 */
export function readDelays(given: RetryOptions["backoff"]): Delays {
  if (given === undefined || !isFactory(given)) {
    const delay = retryDelays(given as RetryBackoff | undefined);
    return () => delay;
  }
  return () => {
    let backoff: IBackoff<IRetryBackoffContext<unknown>> | undefined;
    return (attempt, error, signal) => {
      backoff = atOnce((backoff ?? given).next({ attempt, signal, result: { error } }));
      return checked(atOnce(backoff.duration));
    };
  };
}

function isFactory(given: object): given is Factory {
  try {
    return typeof (given as Partial<Factory>).next === "function";
  } catch (cause) {
    throw invalidOption("retry.backoff", "cannot be read", cause);
  }
}

function checked(duration: unknown): number {
  if (typeof duration === "number" && duration >= 0) return Math.min(duration, LONGEST_WAIT);
  throw invalidOption("retry.backoff", "must have a duration in milliseconds, of 0 or more");
}
