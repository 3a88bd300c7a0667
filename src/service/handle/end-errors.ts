import { codedError } from "../../checks/coded-error.js";
import type { HoldfastError } from "../../index.js";

/** The end of a connection before its handler was done. @param lost messages that are given up by it */
export function connectionClosed(subject: string, lost?: number): HoldfastError {
  const what = lost === undefined ? "" : `: ${lost} messages are given up`;
  const text = `the connection was closed before the handler of "${subject}" was done${what}`;
  return codedError("CONNECTION_CLOSED", text, { subject });
}

/** What a handler had not done at the end of the time that it had for stopping. */
export function stoppedEarly(subject: string, timeout: number): HoldfastError {
  const text = `the handler of "${subject}" was not done ${Math.round(timeout)} ms after it had to stop`;
  return codedError("HANDLER_TIMEOUT", text, { subject });
}
