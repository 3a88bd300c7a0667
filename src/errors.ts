/**
 * The stable `code` of every error that Holdfast throws, rejects with, or emits. Compare codes, not
 * messages: texts may get better, codes stay.
 */
export type ErrorCode =
  | "AUTHENTICATION_EXPIRED"
  | "AUTHENTICATOR_FAILED"
  | "AUTHORIZATION_VIOLATION"
  | "BEFORE_REPLAY_FAILED"
  | "BUFFER_FULL"
  | "CALLBACK_FAILED"
  | "CONNECTION_CLOSED"
  | "CONNECTION_DRAINING"
  | "CONNECTION_LOST"
  | "CONNECTION_REFUSED"
  | "DISCONNECTED"
  | "HEADERS_UNSUPPORTED"
  | "INVALID_ARGUMENT"
  | "INVALID_OPERATION"
  | "INVALID_OPTION"
  | "INVALID_PAYLOAD"
  | "INVALID_SUBJECT"
  | "MAX_CONTROL_LINE_EXCEEDED"
  | "MAX_PAYLOAD_EXCEEDED"
  | "MAX_PENDING_EXCEEDED"
  | "MAX_RECONNECT_ATTEMPTS"
  | "MESSAGE_DROPPED"
  | "NO_RESPONDERS"
  | "PERMISSIONS_VIOLATION"
  | "PROTOCOL_ERROR"
  | "SERVER_ERROR"
  | "SLOW_CONSUMER"
  | "STALE_CONNECTION"
  | "TIMEOUT"
  | "TLS_UNSUPPORTED"
  | "UNCONFIRMED";

/** Facts that travel with an error beside its text; which of them are set depends on the code. */
export interface ErrorDetail {
  /** The option that was refused. */
  option?: string;
  /** The subject that the error is about. */
  subject?: string;
  /** The reply subject that the error is about. */
  reply?: string;
  /** The queue group that the error is about. */
  queue?: string;
  /** What was attempted, for `PERMISSIONS_VIOLATION`. */
  operation?: "publish" | "subscription";
  /** The server may have got the message all the same: sending it again may deliver it twice. */
  maybeDelivered?: boolean;
  /** The error underneath. */
  cause?: unknown;
}

const BRAND = Symbol.for("holdfast.error");

/**
 * An error with a stable code. The floors below `interop/` know only this one; at the public edge it
 * becomes an instance of the class that `@nats-io/nats-core` has for the case.
 */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "CodedError";
    this.code = code;
    this.detail = detail;
    brand(this);
  }
}

/** Marks an error as Holdfast's, so that two copies of the package recognise each other's errors. */
export function brand<E extends Error>(error: E): E {
  Object.defineProperty(error, BRAND, { value: true });
  return error;
}

/** Whether an error was made by Holdfast: then it has a `code` out of {@link ErrorCode}. */
export function isHoldfastError(error: unknown): error is Error & { code: ErrorCode } {
  return typeof error === "object" && error !== null && (error as Record<symbol, unknown>)[BRAND] === true;
}

/** What a user's code threw, as text. Anything can be thrown, also what has no text or throws when asked. */
export function describeCause(cause: unknown): string {
  try {
    return cause instanceof Error ? String(cause.message) : String(cause);
  } catch {
    return "something that has no text";
  }
}

/**
 * Makes an error without collecting a stack: for errors that are thrown per message, such as a full
 * buffer, where the stack would cost more than the publish.
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = limit;
  }
}
