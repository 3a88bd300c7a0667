/**
 * - `INVALID_OPTION`: an option is unknown, of a wrong type or value, or contradicts another; `option` names it.
 * - `CANNOT_RUN`: there is no nats-server that can be run; the message says what to install or to set.
 * - `MISSING_PACKAGE`: certificates are to be made, and a package for that is not installed; the message says which.
 * - `PORT_IN_USE`: another process listens on a port that was asked for.
 * - `START_FAILED`: it ended before it was ready, or did not become ready in time.
 * - `RELOAD_FAILED`: it refused the new configuration, or did not answer in time.
 * - `NOT_RUNNING`: the call needs a running server, or a certificate authority that was not closed.
 * - `STUCK`: it did not do in time what it was told.
 */
export type NatsServerErrorCode =
  | "INVALID_OPTION"
  | "CANNOT_RUN"
  | "MISSING_PACKAGE"
  | "PORT_IN_USE"
  | "START_FAILED"
  | "RELOAD_FAILED"
  | "NOT_RUNNING"
  | "STUCK";

const TAIL_LINES = 12;

/** What goes wrong with a launched nats-server. The message ends with the last lines of its log. */
export class NatsServerError extends Error {
  /** Stays the same when texts get better: compare this. */
  readonly code: NatsServerErrorCode;
  /** The option that was refused, for `INVALID_OPTION`. */
  readonly option: string | undefined;

  /**
   * @param log what the server printed, if that tells more; its last 12 lines end the message
   * @param option the option that was refused
   */
  constructor(code: NatsServerErrorCode, message: string, log = "", option?: string) {
    const tail = log.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
    super(tail === "" ? message : `${message}; its log ends with:\n${tail}`);
    this.name = "NatsServerError";
    this.code = code;
    this.option = option;
  }
}
