import { ErrorCode } from "./error-codes.js";

/** What a JetStream API of the server answered instead of a result. */
export interface ApiError {
  /** Like an HTTP status. */
  code: number;
  /** The server's text. */
  description: string;
  /** The server's own number of the error. */
  err_code?: number;
}

/** What was not permitted. */
export interface PermissionContext {
  /** `"publish"` or `"subscription"`. */
  operation: string;
  /** The subject that was refused. */
  subject: string;
  /** The queue group of the subscription. */
  queue?: string;
}

/**
 * The error of `nats` 2: everything that goes wrong behind this API is one, with a `code` out of `ErrorCode`
 * or, for what `nats` 2 has no code for, Holdfast's own (`BUFFER_FULL`, `MAX_PENDING_EXCEEDED`, …).
 */
export class NatsError extends Error {
  /** Compare this and not the text. */
  code: string;
  /** What was not permitted, for `PERMISSIONS_VIOLATION`. */
  permissionContext?: PermissionContext;
  /** Holdfast's or the official package's error underneath, with its own code and text. */
  chainedError?: Error;
  /** The server's answer, for errors of a JetStream API. */
  api_error?: ApiError;
  /** The server may have got the message all the same: sending it again may deliver it twice. */
  maybeDelivered?: boolean;

  constructor(message: string, code: string, chainedError?: Error) {
    super(message, chainedError === undefined ? undefined : { cause: chainedError });
    this.name = "NatsError";
    this.code = code;
    if (chainedError !== undefined) this.chainedError = chainedError;
  }

  /** The error with the text that belongs to the code. */
  static errorForCode(code: string, chainedError?: Error): NatsError {
    return new NatsError(TEXTS[code] ?? code, code, chainedError);
  }

  /** Whether the server does not take the credentials, or not any longer: `AuthorizationViolation`, `AuthenticationExpired`, `AccountExpired`. */
  isAuthError(): boolean {
    return AUTH_CODES.includes(this.code);
  }

  /** Of `nats` 2; never true here: an attempt whose credentials came too late fails with `Disconnect`. */
  isAuthTimeout(): boolean {
    return this.code === ErrorCode.AuthenticationTimeout;
  }

  /** Whether the code is `PermissionsViolation`: see `permissionContext`. */
  isPermissionError(): boolean {
    return this.code === ErrorCode.PermissionsViolation;
  }

  /** Whether the code is `ProtocolError`: server and client did not understand each other, or another `-ERR` of the server. */
  isProtocolError(): boolean {
    return this.code === ErrorCode.ProtocolError;
  }

  /** Whether a JetStream API has answered with an error: see `api_error`. */
  isJetStreamError(): boolean {
    return this.api_error !== undefined;
  }

  /** The answer of the JetStream API: `api_error`, or null when there is none. */
  jsError(): ApiError | null {
    return this.api_error ?? null;
  }
}

const AUTH_CODES: string[] = [
  ErrorCode.AuthenticationExpired,
  ErrorCode.AuthorizationViolation,
  ErrorCode.AccountExpired,
];

/** Codes whose text is more than the code itself. */
const TEXTS: Record<string, string> = {
  [ErrorCode.InvalidPayload]: "the payload is neither a string nor bytes",
  [ErrorCode.BadJson]: "Bad JSON",
};
