import { CodedError, describeCause } from "../errors.js";
import { publicError } from "../interop/errors.js";
import { handled } from "./handled.js";

/** A promise that has rejected; nobody has to look at it. */
export function rejected(error: Error): Promise<never> {
  return handled(Promise.reject(error));
}

/** What a connection answers that takes no new work because it is being drained. */
export function drainingError(): Error {
  return publicError(new CodedError("CONNECTION_DRAINING", "the connection is draining"));
}

/** What a connection answers that is closed. */
export function closedError(): Error {
  return publicError(new CodedError("CONNECTION_CLOSED", "the connection is closed"));
}

/** A call that makes no sense here. */
export function misuse(text: string): Error {
  return publicError(new CodedError("INVALID_OPERATION", text));
}

/** What is reported when the callback of a subscription has failed. */
export function callbackFailed(subject: string, cause: unknown): Error {
  const text = `the callback of a subscription to ${subject} failed: ${describeCause(cause)}`;
  return publicError(new CodedError("CALLBACK_FAILED", text, { subject, cause }));
}
