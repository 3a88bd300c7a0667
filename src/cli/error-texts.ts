import type { CauseKind, ErrorCode } from "../index.js";

/** What each code means: the words of its docstring in `src/errors.ts`, which is not there at run time. A test compares; `HOLDFAST_WRITE=1 npm test -- error-texts` writes them. */
export const ERROR_TEXTS: Readonly<Record<ErrorCode, string>> = {
  AUTHENTICATION_EXPIRED:
    "The server ended the link because the credentials of user or account have expired.",
  AUTHENTICATION_REVOKED: "The server ended the link because the credentials were revoked.",
  AUTHENTICATOR_FAILED: "An authenticator threw or rejected; `cause` has its error.",
  AUTHORIZATION_VIOLATION: "The server has refused the credentials.",
  BEFORE_REPLAY_FAILED: "`beforeReplay` threw, rejected or did not settle in time; the replay goes on.",
  BUFFER_FULL:
    "There is no connection, and the buffer (`reconnectBufSize`, `maxBufferedMessages`) is full; not accepted.",
  CALLBACK_FAILED: "A callback of the application threw or rejected; the connection goes on.",
  CIRCUIT_OPEN: "The circuit breaker of a request policy is open: nothing was sent.",
  CONNECTION_CLOSED: "The connection is closed, or was closed before the call could settle.",
  CONNECTION_DRAINING: "The connection is draining: nothing new is taken.",
  CONNECTION_LOST:
    "The link died. For a request: before its answer came; `maybeDelivered` says whether the server may have got it.",
  CONNECTION_REFUSED: "No server could be reached at the address.",
  CONNECTION_THROTTLED: "The server takes no more connections for the moment.",
  CONSUMER_FAILED:
    "A supervised consumer cannot go on for the moment: stream or consumer are not there, or cannot be made. It keeps trying.",
  DEAD_LETTER_FAILED:
    "A message that was given up could not be put where dead letters go; `subject` is where.",
  DISCONNECTED: "There is no connection, and the call does not wait for one.",
  HANDLER_FAILED: "A handler threw or rejected; `cause` has its error.",
  HANDLER_TIMEOUT: "A handler did not settle within its `timeout`.",
  HEADERS_UNSUPPORTED: "The server takes no headers; not accepted.",
  INVALID_ARGUMENT: "An argument of a call is of a wrong type or value.",
  INVALID_MESSAGE: "A message that cannot be decoded, or that its schema refuses.",
  INVALID_OPERATION: "The call makes no sense here, such as reading a subscription twice.",
  INVALID_OPTION:
    "An option is unknown, of a wrong type or value, or contradicts another; `option` names it.",
  INVALID_PAYLOAD: "A payload is neither a string nor a Uint8Array, or data cannot be encoded.",
  INVALID_SUBJECT: "A subject, reply subject or queue group that no server would take.",
  MAX_CONNECTIONS_EXCEEDED: "The server or the account has all the connections that it takes.",
  MAX_CONTROL_LINE_EXCEEDED: "Subject and reply are too long for a server; not accepted.",
  MAX_PAYLOAD_EXCEEDED: "A message over the server's `max_payload`; not accepted.",
  MAX_PENDING_EXCEEDED: "More than `maxPending` bytes wait for a confirmation; not accepted.",
  MAX_RECONNECT_ATTEMPTS: "All attempts that the options allow have failed: the connection is closed.",
  MAX_SUBSCRIPTIONS_EXCEEDED:
    "The server does not take another subscription; the one made last is not there.",
  MESSAGE_DROPPED:
    "The message was accepted and then given up; the `messageLost` event tells why; of what an outbox held, its events `expired` and `parked`.",
  NO_RESPONDERS: "Nobody is subscribed to the subject of a request.",
  OUTBOX_FAILED:
    "The outbox's store could not do it: `operation` says what, `path` where, `cause` why. What it holds is intact; not accepted.",
  OUTBOX_FULL: "The outbox holds `maxBytes`, on disk and on the way there; not accepted.",
  OUTBOX_IN_USE: "Another process, or another outbox of this one, has the outbox at this `path` open.",
  OUT_OF_ORDER:
    "A stream has stored a message of a stream publisher behind a later one of it: somebody else is writing into the stream.",
  OVERFLOWED:
    "* The `Overflow` has taken the message and publishes it later. With an outbox: the connection has ended before a server had confirmed the message. An own `Overflow` cannot say what becomes of it.",
  PACKAGE_MISSING: "An optional package that the call needs is not installed; the text names it.",
  PERMISSIONS_VIOLATION: "The server does not allow to publish or subscribe to the subject.",
  PROTOCOL_ERROR: "The server did not understand us, or we did not understand the server.",
  SERVER_ERROR: "The server sent an error that is not known to this version; its text is the message.",
  SERVICE_ERROR:
    "A service has answered a request with an error: headers `Nats-Service-Error` and `Nats-Service-Error-Code` (ADR-32).",
  SLOW_CONSUMER: "The server ended the link because it could not hand over what it had for us.",
  STALE_CONNECTION: "There was no sign of life in time.",
  STREAM_REFUSED:
    "A stream has refused a message: `apiCode`, which is JetStream's `err_code`, and the text say why; `retryable`, whether that may pass.",
  TIMEOUT: "The call did not settle within its timeout.",
  TLS_FAILED:
    "TLS could not be set up: a certificate that does not verify, another name in it, or no TLS at the other end.",
  TLS_REQUIRED:
    "The server wants TLS, and option `tls` is null; or the server has not got TLS from us in time.",
  TLS_UNAVAILABLE: "The options want TLS, and the server has none.",
  UNCONFIRMED:
    "The link died before the message was confirmed, and it must not be written again; it may have arrived.",
};
/** The kind of cause that an end with this code has most often; those that end no connection have none. */
export const KIND_OF_CODE: Readonly<Partial<Record<ErrorCode, CauseKind>>> = {
  AUTHENTICATION_EXPIRED: "authentication",
  AUTHENTICATION_REVOKED: "authentication",
  AUTHENTICATOR_FAILED: "authentication",
  AUTHORIZATION_VIOLATION: "authentication",
  CONNECTION_LOST: "network",
  CONNECTION_REFUSED: "refused",
  CONNECTION_THROTTLED: "overload",
  MAX_CONNECTIONS_EXCEEDED: "overload",
  MAX_CONTROL_LINE_EXCEEDED: "protocol",
  MAX_PAYLOAD_EXCEEDED: "payload",
  MAX_SUBSCRIPTIONS_EXCEEDED: "overload",
  PROTOCOL_ERROR: "protocol",
  SERVER_ERROR: "unknown",
  SLOW_CONSUMER: "slow-consumer",
  STALE_CONNECTION: "stale",
  TLS_FAILED: "tls",
  TLS_REQUIRED: "tls",
  TLS_UNAVAILABLE: "tls",
};
