import { CodedError } from "../errors.js";
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
