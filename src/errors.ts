/**
 * The stable `code` of every error that Holdfast throws, rejects with, or emits. Compare codes, not
 * messages: texts may get better, codes stay.
 */
export const ErrorCode = {
  /** The server ended the link because the credentials of user or account have expired. */
  AUTHENTICATION_EXPIRED: "AUTHENTICATION_EXPIRED",
  /** The server ended the link because the credentials were revoked. */
  AUTHENTICATION_REVOKED: "AUTHENTICATION_REVOKED",
  /** An authenticator threw or rejected; `cause` has its error. */
  AUTHENTICATOR_FAILED: "AUTHENTICATOR_FAILED",
  /** The server has refused the credentials. */
  AUTHORIZATION_VIOLATION: "AUTHORIZATION_VIOLATION",
  /** `beforeReplay` threw, rejected or did not settle in time; the replay goes on. */
  BEFORE_REPLAY_FAILED: "BEFORE_REPLAY_FAILED",
  /** There is no connection, and the buffer (`reconnectBufSize`, `maxBufferedMessages`) is full; not accepted. */
  BUFFER_FULL: "BUFFER_FULL",
  /** A callback of the application threw or rejected; the connection goes on. */
  CALLBACK_FAILED: "CALLBACK_FAILED",
  /** The circuit breaker of a request policy is open: nothing was sent. */
  CIRCUIT_OPEN: "CIRCUIT_OPEN",
  /** The connection is closed, or was closed before the call could settle. */
  CONNECTION_CLOSED: "CONNECTION_CLOSED",
  /** The connection is draining: nothing new is taken. */
  CONNECTION_DRAINING: "CONNECTION_DRAINING",
  /** The link died. For a request: before its answer came; `maybeDelivered` says whether the server may have got it. */
  CONNECTION_LOST: "CONNECTION_LOST",
  /** No server could be reached at the address. */
  CONNECTION_REFUSED: "CONNECTION_REFUSED",
  /** The server takes no more connections for the moment. */
  CONNECTION_THROTTLED: "CONNECTION_THROTTLED",
  /** A supervised consumer cannot go on for the moment: stream or consumer are not there, or cannot be made. It keeps trying. */
  CONSUMER_FAILED: "CONSUMER_FAILED",
  /** A message that was given up could not be put where dead letters go; `subject` is where. */
  DEAD_LETTER_FAILED: "DEAD_LETTER_FAILED",
  /** There is no connection, and the call does not wait for one. */
  DISCONNECTED: "DISCONNECTED",
  /** A handler threw or rejected; `cause` has its error. */
  HANDLER_FAILED: "HANDLER_FAILED",
  /** A handler did not settle within its `timeout`. */
  HANDLER_TIMEOUT: "HANDLER_TIMEOUT",
  /** The server takes no headers; not accepted. */
  HEADERS_UNSUPPORTED: "HEADERS_UNSUPPORTED",
  /** An argument of a call is of a wrong type or value. */
  INVALID_ARGUMENT: "INVALID_ARGUMENT",
  /** A message that cannot be decoded, or that its schema refuses. */
  INVALID_MESSAGE: "INVALID_MESSAGE",
  /** The call makes no sense here, such as reading a subscription twice. */
  INVALID_OPERATION: "INVALID_OPERATION",
  /** An option is unknown, of a wrong type or value, or contradicts another; `option` names it. */
  INVALID_OPTION: "INVALID_OPTION",
  /** A payload is neither a string nor a Uint8Array, or data cannot be encoded. */
  INVALID_PAYLOAD: "INVALID_PAYLOAD",
  /** A subject, reply subject or queue group that no server would take. */
  INVALID_SUBJECT: "INVALID_SUBJECT",
  /** The server or the account has all the connections that it takes. */
  MAX_CONNECTIONS_EXCEEDED: "MAX_CONNECTIONS_EXCEEDED",
  /** Subject and reply are too long for a server; not accepted. */
  MAX_CONTROL_LINE_EXCEEDED: "MAX_CONTROL_LINE_EXCEEDED",
  /** A message over the server's `max_payload`; not accepted. */
  MAX_PAYLOAD_EXCEEDED: "MAX_PAYLOAD_EXCEEDED",
  /** More than `maxPending` bytes wait for a confirmation; not accepted. */
  MAX_PENDING_EXCEEDED: "MAX_PENDING_EXCEEDED",
  /** All attempts that the options allow have failed: the connection is closed. */
  MAX_RECONNECT_ATTEMPTS: "MAX_RECONNECT_ATTEMPTS",
  /** The server does not take another subscription; the one made last is not there. */
  MAX_SUBSCRIPTIONS_EXCEEDED: "MAX_SUBSCRIPTIONS_EXCEEDED",
  /** The message was accepted and then given up; the `messageLost` event tells why; of what an outbox held, its events `expired` and `parked`. */
  MESSAGE_DROPPED: "MESSAGE_DROPPED",
  /** Nobody is subscribed to the subject of a request. */
  NO_RESPONDERS: "NO_RESPONDERS",
  /** The outbox's store could not do it: `operation` says what, `path` where, `cause` why. What it holds is intact; not accepted. */
  OUTBOX_FAILED: "OUTBOX_FAILED",
  /** The outbox holds `maxBytes`, on disk and on the way there; not accepted. */
  OUTBOX_FULL: "OUTBOX_FULL",
  /** Another process, or another outbox of this one, has the outbox at this `path` open. */
  OUTBOX_IN_USE: "OUTBOX_IN_USE",
  /** A stream has stored a message of a stream publisher behind a later one of it: somebody else is writing into the stream. */
  OUT_OF_ORDER: "OUT_OF_ORDER",
  /**
   * The `Overflow` has taken the message and publishes it later. With an outbox: the connection has ended before a server had
   * confirmed the message. An own `Overflow` cannot say what becomes of it.
   */
  OVERFLOWED: "OVERFLOWED",
  /** An optional package that the call needs is not installed; the text names it. */
  PACKAGE_MISSING: "PACKAGE_MISSING",
  /** The server does not allow to publish or subscribe to the subject. */
  PERMISSIONS_VIOLATION: "PERMISSIONS_VIOLATION",
  /** The server did not understand us, or we did not understand the server. */
  PROTOCOL_ERROR: "PROTOCOL_ERROR",
  /** The server sent an error that is not known to this version; its text is the message. */
  SERVER_ERROR: "SERVER_ERROR",
  /** A service has answered a request with an error: headers `Nats-Service-Error` and `Nats-Service-Error-Code` (ADR-32). */
  SERVICE_ERROR: "SERVICE_ERROR",
  /** The server ended the link because it could not hand over what it had for us. */
  SLOW_CONSUMER: "SLOW_CONSUMER",
  /** There was no sign of life in time. */
  STALE_CONNECTION: "STALE_CONNECTION",
  /** A stream has refused a message: `apiCode`, which is JetStream's `err_code`, and the text say why; `retryable`, whether that may pass. */
  STREAM_REFUSED: "STREAM_REFUSED",
  /** The call did not settle within its timeout. */
  TIMEOUT: "TIMEOUT",
  /** TLS could not be set up: a certificate that does not verify, another name in it, or no TLS at the other end. */
  TLS_FAILED: "TLS_FAILED",
  /** The server wants TLS, and option `tls` is null; or the server has not got TLS from us in time. */
  TLS_REQUIRED: "TLS_REQUIRED",
  /** The options want TLS, and the server has none. */
  TLS_UNAVAILABLE: "TLS_UNAVAILABLE",
  /** The link died before the message was confirmed, and it must not be written again; it may have arrived. */
  UNCONFIRMED: "UNCONFIRMED",
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];

/**
 * Codes of what may pass by itself: the same call may succeed later, with nothing changed in program, options or server's
 * configuration. `maybeDelivered` is another question: whether trying again may deliver a message twice.
 */
const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  "AUTHENTICATION_EXPIRED",
  "AUTHENTICATOR_FAILED",
  "BUFFER_FULL",
  "CIRCUIT_OPEN",
  "CONNECTION_LOST",
  "CONNECTION_REFUSED",
  "CONNECTION_THROTTLED",
  "CONSUMER_FAILED",
  "DISCONNECTED",
  "HANDLER_TIMEOUT",
  "MAX_CONNECTIONS_EXCEEDED",
  "MAX_PENDING_EXCEEDED",
  "MAX_RECONNECT_ATTEMPTS",
  "MESSAGE_DROPPED",
  "NO_RESPONDERS",
  "OUTBOX_FAILED",
  "OUTBOX_FULL",
  "OUTBOX_IN_USE",
  "SLOW_CONSUMER",
  "STALE_CONNECTION",
  "TIMEOUT",
  "UNCONFIRMED",
]);

/** Whether trying again later makes sense: see `HoldfastError.retryable`. */
export function isRetryable(code: ErrorCode): boolean {
  return RETRYABLE.has(code);
}

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
  /** Text of the server's `-ERR` that this is. */
  serverText?: string;
  /** The other side ended the connection, without an error. */
  closedByPeer?: boolean;
  /** What the application has asked for brought it about. */
  byApplication?: boolean;
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

/** Whether an error was made by Holdfast, this copy of the package or another: then it has a `code` out of {@link ErrorCode}. */
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

/** Makes an error by `make` without collecting a stack: for those that are made in the event loop, where it says nothing. */
export function stackless<A extends unknown[], R>(make: (...args: A) => R, ...args: A): R {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return make(...args);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/**
 * Makes an error without collecting a stack: for errors that are thrown per message, such as a full
 * buffer, where the stack would cost more than the publish.
 */
export function withoutStack<A extends unknown[], E extends Error>(
  kind: new (...args: A) => E,
  ...args: A
): E {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const made = new kind(...args);
  Error.stackTraceLimit = limit;
  return made;
}
