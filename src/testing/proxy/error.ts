/**
 * - `INVALID_OPTION`: an option of the proxy, or a direction, is unknown or wrong; `option` names it.
 * - `INVALID_TOXIC`: a toxic's type, stream or attribute is unknown or wrong; `toxic` and `option` name it.
 * - `DUPLICATE_TOXIC`: there is a toxic of this name already.
 * - `TOXIC_REMOVED`: the toxic was removed; add another one.
 * - `PORT_IN_USE`: another process listens on the port that was asked for, or has taken it while the proxy was down.
 * - `CLOSED`: the proxy was closed.
 */
export type FaultProxyErrorCode =
  | "INVALID_OPTION"
  | "INVALID_TOXIC"
  | "DUPLICATE_TOXIC"
  | "TOXIC_REMOVED"
  | "PORT_IN_USE"
  | "CLOSED";

/** What was refused. */
export interface Refused {
  /** The option or attribute. */
  option?: string;
  /** The toxic's name, or its type as long as it has no name. */
  toxic?: string;
  /** The error underneath. */
  cause?: unknown;
}

/** What a `FaultProxy` throws or rejects with. */
export class FaultProxyError extends Error {
  /** Stays the same when texts get better: compare this. */
  readonly code: FaultProxyErrorCode;
  /** The option or attribute that was refused. */
  readonly option: string | undefined;
  /** The toxic that the error is about: its name, or its type as long as it has no name. */
  readonly toxic: string | undefined;

  constructor(code: FaultProxyErrorCode, message: string, { option, toxic, cause }: Refused = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "FaultProxyError";
    this.code = code;
    this.option = option;
    this.toxic = toxic;
  }
}
