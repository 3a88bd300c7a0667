import {
  AuthorizationError,
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  InvalidArgumentError,
  InvalidOperationError,
  InvalidSubjectError,
  NoRespondersError,
  PermissionViolationError,
  ProtocolError,
  RequestError,
  TimeoutError,
  UserAuthenticationExpiredError,
} from "@nats-io/nats-core";
import type { Cause } from "../causes.js";
import { brand, CodedError, describeCause, type ErrorCode, isRetryable, withoutStack } from "../errors.js";

/**
 * What every error of Holdfast has: it is an instance of the class that `@nats-io/nats-core` has for the
 * case, with a stable `code` and the facts of the case beside it.
 */
export interface HoldfastError extends Error {
  /** Stable; compare this and not the message. */
  code: ErrorCode;
  /**
   * It may pass by itself: the same call may succeed later, with nothing changed. Whether that may deliver a message
   * twice is said by `maybeDelivered`.
   */
  retryable: boolean;
  /** The option that was refused, for `INVALID_OPTION`. */
  option?: string;
  /** The subject that the error is about. */
  subject?: string;
  /** The queue group that the error is about. */
  queue?: string;
  /** For requests and publishes: the server may have got it, sending it again may deliver it twice. */
  maybeDelivered?: boolean;
  /**
   * Why a link was lost, an attempt failed, or the connection was closed: kind, evidence, and what to do. On what `connect()` rejects with
   * when no server could be reached, and on the errors of the events `disconnect`, `attemptFailed`, `close`, `standby` and `failback`.
   */
  why?: Cause;
}

function create(error: CodedError): Error {
  const { code, message, detail } = error;
  const options = detail.cause === undefined ? undefined : { cause: detail.cause };
  switch (code) {
    case "CONNECTION_CLOSED":
      return new ClosedConnectionError();
    case "CONNECTION_DRAINING":
      return new DrainingConnectionError();
    case "INVALID_SUBJECT":
      return new InvalidSubjectError(detail.subject ?? "", options);
    case "INVALID_ARGUMENT":
    case "INVALID_OPTION":
    case "INVALID_PAYLOAD":
    case "MAX_PAYLOAD_EXCEEDED":
    case "MAX_CONTROL_LINE_EXCEEDED":
    case "HEADERS_UNSUPPORTED":
      return new InvalidArgumentError(message, options);
    case "INVALID_OPERATION":
      return new InvalidOperationError(message, options);
    case "TIMEOUT":
      return new TimeoutError(options);
    case "NO_RESPONDERS":
      return new RequestError(message, { cause: brand(new NoRespondersError(detail.subject ?? "")) });
    case "PERMISSIONS_VIOLATION":
      return new PermissionViolationError(
        message,
        detail.operation ?? "publish",
        detail.subject ?? detail.reply ?? "",
        detail.queue,
        options,
      );
    case "AUTHORIZATION_VIOLATION":
      return new AuthorizationError(message, options);
    case "AUTHENTICATION_EXPIRED":
    case "AUTHENTICATION_REVOKED":
      return new UserAuthenticationExpiredError(message, options);
    case "PROTOCOL_ERROR":
      return new ProtocolError(message, options);
    // What nats-core has no class for.
    case "CIRCUIT_OPEN":
    case "CONSUMER_FAILED":
    case "DEAD_LETTER_FAILED":
    case "HANDLER_FAILED":
    case "HANDLER_TIMEOUT":
    case "INVALID_MESSAGE":
    case "OUTBOX_FAILED":
    case "OUTBOX_FULL":
    case "OUTBOX_IN_USE":
    case "OUT_OF_ORDER":
    case "PACKAGE_MISSING":
    case "SERVICE_ERROR":
    case "STREAM_REFUSED":
      return new Error(message, options);
    default:
      return new ConnectionError(message, options);
  }
}

/**
 * An error that can be thrown once per message: no stack, which would cost more than the publish, and what all of them
 * have in common is on the prototype.
 */
class FrequentError extends ConnectionError {
  readonly code: ErrorCode;
  readonly subject: string | undefined;

  constructor(from: CodedError) {
    super(from.message);
    this.code = from.code;
    this.subject = from.detail.subject;
  }

  get retryable(): boolean {
    return isRetryable(this.code);
  }
}
brand(FrequentError.prototype);

function isFrequent(code: ErrorCode): boolean {
  return code === "BUFFER_FULL" || code === "DISCONNECTED" || code === "MAX_PENDING_EXCEEDED";
}

/** Makes the public error of an internal one. Anything that is not ours is returned as it is. */
export function publicError(error: unknown): Error {
  if (!(error instanceof CodedError)) return error instanceof Error ? error : new Error(describeCause(error));
  if (isFrequent(error.code)) return withoutStack(FrequentError, error);
  return describe(create(error), error);
}

/** The public error of the end of a link, an attempt or the connection. */
export function endError(error: Error, why: Cause | undefined): Error {
  const made = publicError(error);
  // What is not ours may be shared, or frozen.
  return why === undefined || made === error ? made : Object.assign(made, { why });
}

/**
 * The public error of a request or round trip that failed, of the class that nats.js has for it. A lost link is an instance
 * of `TimeoutError`, so that the official packages, which retry after a time-out, retry after this as well.
 */
export function requestError(error: CodedError): Error {
  if (error.code === "CONNECTION_LOST") {
    return describe(new TimeoutError({ cause: error.detail.cause }), error);
  }
  if (error.code === "DISCONNECTED") return describe(new RequestError(error.message), error);
  if (error.code === "PERMISSIONS_VIOLATION" || error.code === "CONNECTION_CLOSED") {
    return describe(new RequestError(error.message, { cause: publicError(error) }), error);
  }
  return publicError(error);
}

/** The public error of a request for many answers: that nobody is there is told by the class itself. */
export function requestManyError(error: CodedError): Error {
  if (error.code !== "NO_RESPONDERS") return requestError(error);
  return describe(new NoRespondersError(error.detail.subject ?? ""), error);
}

/** The public error of a request whose inbox was refused, which its subscription has told. */
export function inboxError(error: Error): Error {
  if (!(error instanceof PermissionViolationError)) return error;
  const { code, subject, retryable } = error as PermissionViolationError & HoldfastError;
  const made = new RequestError(error.message, { cause: error });
  return brand(Object.assign(made, { code, subject, retryable }));
}

/**
 * The same for a request that nats-core has made itself (`RequestOne`): it puts what it is told, but for a time-out, into a
 * `RequestError` of its own.
 */
export function wrappedError(error: CodedError): Error {
  const made = requestError(error);
  return made instanceof RequestError && made.cause instanceof Error ? made.cause : made;
}

function describe(made: Error, from: CodedError): Error {
  const { option, subject, queue, maybeDelivered, cause } = from.detail;
  const { code, message } = from;
  const facts: Partial<HoldfastError> = { code, message, retryable: isRetryable(code) };
  if (option !== undefined) facts.option = option;
  if (subject !== undefined) facts.subject = subject;
  if (queue !== undefined) facts.queue = queue;
  if (maybeDelivered !== undefined) facts.maybeDelivered = maybeDelivered;
  // Some classes of nats-core take no cause.
  if (cause !== undefined && made.cause === undefined)
    Object.defineProperty(made, "cause", { value: cause, writable: true, configurable: true });
  return brand(Object.assign(made, facts));
}
