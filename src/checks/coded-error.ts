import { brand, type ErrorCode, isRetryable } from "../errors.js";
import {
  ClosedConnectionError,
  ConnectionError,
  type HoldfastError,
  InvalidArgumentError,
  InvalidOperationError,
  TimeoutError,
} from "../index.js";

/** Facts that travel with an error. */
export interface ErrorFacts {
  subject?: string;
  queue?: string;
  maybeDelivered?: boolean;
  /** What was attempted, and on which file or folder. */
  operation?: string;
  path?: string;
  /** The error underneath. */
  cause?: unknown;
}

/** An error with a stable code, of the class that nats-core has for it, or a plain `Error`. */
export function codedError(
  code: ErrorCode,
  message: string,
  { cause, ...facts }: ErrorFacts = {},
): HoldfastError {
  const error = make(code, message, cause === undefined ? undefined : { cause });
  return brand(Object.assign(error, { code, message, retryable: isRetryable(code), ...facts }));
}

function make(code: ErrorCode, message: string, options: ErrorOptions | undefined): Error {
  switch (code) {
    case "CONNECTION_CLOSED":
      return new ClosedConnectionError();
    case "INVALID_ARGUMENT":
    case "INVALID_PAYLOAD":
      return new InvalidArgumentError(message, options);
    case "INVALID_OPERATION":
      return new InvalidOperationError(message, options);
    case "SERVER_ERROR":
      return new ConnectionError(message, options);
    case "TIMEOUT":
      return new TimeoutError(options);
    default:
      return new Error(message, options);
  }
}
