import { numberOf, readOptions } from "../../checks/read-options.js";

/** Waits between the tries of a message, ms. */
export interface RetryBackoff {
  /** Wait before the second try, ms. Default 100. */
  initial?: number;
  /** Longest wait, ms. Default 10,000. */
  max?: number;
  /** Growth from one wait to the next. Default 2. */
  factor?: number;
  /** Each wait is longer or shorter by up to this part of it, never over `max`. Default 0.2. */
  jitter?: number;
}

/** The wait before the next try, ms; `attempt` is the one that has failed, from 1. */
export type RetryDelay = (attempt: number) => number;

/** The longest that a timer of Node can wait, ms. */
export const LONGEST_WAIT = 2 ** 31 - 1;

const CHECKS = {
  initial: numberOf("milliseconds", 0, LONGEST_WAIT),
  max: numberOf("milliseconds", 0, LONGEST_WAIT),
  factor: numberOf("times", 1, 1000),
  jitter: numberOf("parts", 0, 1),
};

/**
 * Exponential waits with jitter.
 *
 * @throws an error with code `INVALID_OPTION` and the option's name, such as `backoff.max`
 */
export function retryDelays(given: RetryBackoff | undefined, random: () => number = Math.random): RetryDelay {
  const options = readOptions<RetryBackoff>(given, CHECKS, "backoff");
  const { initial = 100, max = 10_000, factor = 2, jitter = 0.2 } = options;
  return (attempt) => {
    const wait = Math.min(max, initial * factor ** (attempt - 1));
    return Math.round(Math.min(max, wait * (1 + jitter * (2 * random() - 1))));
  };
}
