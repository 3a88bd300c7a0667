/** The codes of `NatsError`, with the names and values of `nats` 2. */
export const ErrorCode = {
  // Of the client.
  /** A call that its object does not allow (Holdfast: `INVALID_OPERATION`). */
  ApiError: "BAD API",
  /** An authenticator threw or rejected (Holdfast: `AUTHENTICATOR_FAILED`). */
  BadAuthentication: "BAD_AUTHENTICATION",
  /** Of `nats` 2; not told here: credentials that cannot be read are a `BadAuthentication`. */
  BadCreds: "BAD_CREDS",
  /** Of `nats` 2; not told here. */
  BadHeader: "BAD_HEADER",
  /** The payload is not JSON, or the value cannot become it: see `JSONCodec()`. */
  BadJson: "BAD_JSON",
  /** The payload is neither a string nor bytes (Holdfast: `INVALID_PAYLOAD`). */
  BadPayload: "BAD_PAYLOAD",
  /** The subject is empty, or has a character or an empty token that none may have (Holdfast: `INVALID_SUBJECT`). */
  BadSubject: "BAD_SUBJECT",
  /** Of `nats` 2; not told here. */
  Cancelled: "CANCELLED",
  /** The connection is closed, or was closed before the call could settle. */
  ConnectionClosed: "CONNECTION_CLOSED",
  /** The connection is draining: nothing new is taken. */
  ConnectionDraining: "CONNECTION_DRAINING",
  /** No server could be reached. */
  ConnectionRefused: "CONNECTION_REFUSED",
  /** Of `nats` 2; not told here: an attempt that takes too long is a `Timeout`. */
  ConnectionTimeout: "CONNECTION_TIMEOUT",
  /** There is no link, or it was given up because nothing came in (Holdfast: `DISCONNECTED`, `STALE_CONNECTION`). */
  Disconnect: "DISCONNECT",
  /** An option, or an argument, has a wrong value (Holdfast: `INVALID_OPTION`, `INVALID_ARGUMENT`). */
  InvalidOption: "INVALID_OPTION",
  /** Of `nats` 2; not told here: see `BadPayload`. */
  InvalidPayload: "INVALID_PAYLOAD",
  /** The message is larger than the `max_payload` of the server. */
  MaxPayloadExceeded: "MAX_PAYLOAD_EXCEEDED",
  /** Nobody listens on the subject of the request. */
  NoResponders: "503",
  /** Of `nats` 2; not told here: see `InvalidOption`. */
  NotFunction: "NOT_FUNC",
  /** A request of an official package has failed, for a reason without a code of its own. */
  RequestError: "REQUEST_ERROR",
  /** The server cannot do what is asked for: headers, TLS (Holdfast: `HEADERS_UNSUPPORTED`, `TLS_UNAVAILABLE`). */
  ServerOptionNotAvailable: "SERVER_OPT_NA",
  /** The subscription that is to be drained has ended already. */
  SubClosed: "SUB_CLOSED",
  /** Of `nats` 2; not told here: a subscription that is draining can be drained again. */
  SubDraining: "SUB_DRAINING",
  /** It took too long; also of a request whose link was lost (Holdfast: `CONNECTION_LOST`). */
  Timeout: "TIMEOUT",
  /** TLS has failed, or the server wants it and the options do not allow it (Holdfast: `TLS_FAILED`, `TLS_REQUIRED`). */
  Tls: "TLS",
  /** What `@nats-io/jetstream` has found wrong, and says by its text alone. */
  Unknown: "UNKNOWN_ERROR",
  /** Of `nats` 2; not told here. */
  WssRequired: "WSS_REQUIRED",
  // Of JetStream.
  /** What has answered a publish into a stream is no PubAck. */
  JetStreamInvalidAck: "JESTREAM_INVALID_ACK",
  /** There is no message, stream or consumer of the kind that was asked for. */
  JetStream404NoMessages: "404",
  /** A pull has ended without the messages that it asked for. */
  JetStream408RequestTimeout: "408",
  /** The same value as `JetStream409`; the text says that too many messages wait for an acknowledgement. */
  JetStream409MaxAckPendingExceeded: "409",
  /** A pull was ended by the server, and the text says why: the consumer is gone, a limit was exceeded. */
  JetStream409: "409",
  /** JetStream is not there for this account. */
  JetStreamNotEnabled: "503",
  /** The heartbeats of a consumer have stopped. */
  JetStreamIdleHeartBeat: "IDLE_HEARTBEAT",
  // Of the server.
  /** The server has refused the credentials. */
  AuthorizationViolation: "AUTHORIZATION_VIOLATION",
  /** The credentials have expired, or were revoked (Holdfast: `AUTHENTICATION_EXPIRED`, `AUTHENTICATION_REVOKED`). */
  AuthenticationExpired: "AUTHENTICATION_EXPIRED",
  /** Server and client did not understand each other, or the server has sent another `-ERR` (Holdfast: `PROTOCOL_ERROR`, `SERVER_ERROR`). */
  ProtocolError: "NATS_PROTOCOL_ERR",
  /** The user may not publish or subscribe to the subject: `permissionContext` says which. */
  PermissionsViolation: "PERMISSIONS_VIOLATION",
  /** Of `nats` 2; not told here: the attempt has failed with `Disconnect`. */
  AuthenticationTimeout: "AUTHENTICATION_TIMEOUT",
  /** Of `nats` 2; not told here: it is an `AuthenticationExpired`. */
  AccountExpired: "ACCOUNT_EXPIRED",
} as const;
export type ErrorCode = (typeof ErrorCode)[keyof typeof ErrorCode];
