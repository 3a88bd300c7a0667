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
import { brand, CodedError, describeCause, type ErrorCode, withoutStack } from "../errors.js";

/**
 * An error as users of Holdfast see it: an instance of the class that `@nats-io/nats-core` has for the
 * case, with a stable `code` and the facts of the case beside it.
 */
export interface HoldfastError extends Error {
  /** Stable; compare this and not the message. */
  code: ErrorCode;
  /** The option that was refused, for `INVALID_OPTION`. */
  option?: string;
  /** The subject that the error is about. */
  subject?: string;
  /** The queue group that the error is about. */
  queue?: string;
  /** For requests and publishes: the server may have got it, sending it again may deliver it twice. */
  maybeDelivered?: boolean;
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
      return new UserAuthenticationExpiredError(message, options);
    case "PROTOCOL_ERROR":
      return new ProtocolError(message, options);
    default:
      return new ConnectionError(message, options);
  }
}

/** Errors that can be thrown once per message: their stack would cost more than the publish. */
const FREQUENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "BUFFER_FULL",
  "DISCONNECTED",
  "MAX_PENDING_EXCEEDED",
]);

/** Makes the public error of an internal one. Anything that is not ours is returned as it is. */
export function publicError(error: unknown): Error {
  if (!(error instanceof CodedError)) return error instanceof Error ? error : new Error(describeCause(error));
  const made = FREQUENT.has(error.code) ? withoutStack(() => create(error)) : create(error);
  return describe(made, error);
}

/**
 * The public error of a request that failed. A lost link is an instance of `TimeoutError`, so that the
 * official packages, which retry after a time-out, retry after this as well.
 */
export function requestError(error: CodedError): Error {
  if (error.code === "CONNECTION_LOST") {
    return describe(new TimeoutError({ cause: error.detail.cause }), error);
  }
  if (error.code === "PERMISSIONS_VIOLATION") {
    return describe(new RequestError(error.message, { cause: publicError(error) }), error);
  }
  return publicError(error);
}

function describe(made: Error, from: CodedError): Error {
  const { option, subject, queue, maybeDelivered } = from.detail;
  const facts: Partial<HoldfastError> = { code: from.code, message: from.message };
  if (option !== undefined) facts.option = option;
  if (subject !== undefined) facts.subject = subject;
  if (queue !== undefined) facts.queue = queue;
  if (maybeDelivered !== undefined) facts.maybeDelivered = maybeDelivered;
  return brand(Object.assign(made, facts));
}
