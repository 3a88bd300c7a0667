import { brand, type ErrorCode, isRetryable } from "../errors.js";
import type { HoldfastError } from "../index.js";

/** Facts that travel with an error. */
export interface ErrorFacts {
  subject?: string;
  queue?: string;
  maybeDelivered?: boolean;
  /** The error underneath. */
  cause?: unknown;
}

/** An error with a stable code, for what no class of nats-core stands for. */
export function codedError(
  code: ErrorCode,
  message: string,
  { cause, ...facts }: ErrorFacts = {},
): HoldfastError {
  const error = cause === undefined ? new Error(message) : new Error(message, { cause });
  return brand(Object.assign(error, { code, retryable: isRetryable(code), ...facts }));
}
