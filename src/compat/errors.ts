import { isHoldfastError } from "../index.js";
import { ErrorCode } from "./error-codes.js";
import { type ApiError, NatsError, type PermissionContext } from "./nats-error.js";

/** Codes of Holdfast that have another name in `nats` 2. All others stay as they are. */
const HOLDFAST_CODES: Record<string, string> = {
  AUTHENTICATION_REVOKED: ErrorCode.AuthenticationExpired,
  AUTHENTICATOR_FAILED: ErrorCode.BadAuthentication,
  // A request on a lost link: `nats` 2 lets it time out, and programs retry after that.
  CONNECTION_LOST: ErrorCode.Timeout,
  DISCONNECTED: ErrorCode.Disconnect,
  HEADERS_UNSUPPORTED: ErrorCode.ServerOptionNotAvailable,
  INVALID_ARGUMENT: ErrorCode.InvalidOption,
  INVALID_OPERATION: ErrorCode.ApiError,
  INVALID_PAYLOAD: ErrorCode.BadPayload,
  INVALID_SUBJECT: ErrorCode.BadSubject,
  NO_RESPONDERS: ErrorCode.NoResponders,
  PROTOCOL_ERROR: ErrorCode.ProtocolError,
  SERVER_ERROR: ErrorCode.ProtocolError,
  STALE_CONNECTION: ErrorCode.Disconnect,
  TLS_FAILED: ErrorCode.Tls,
  TLS_REQUIRED: ErrorCode.Tls,
  TLS_UNAVAILABLE: ErrorCode.ServerOptionNotAvailable,
};

/** Error classes of the official packages, by their names: the packages need not be there. */
const CLASS_CODES: Record<string, string> = {
  AuthorizationError: ErrorCode.AuthorizationViolation,
  ClosedConnectionError: ErrorCode.ConnectionClosed,
  ConnectionError: ErrorCode.Disconnect,
  DrainingConnectionError: ErrorCode.ConnectionDraining,
  InvalidArgumentError: ErrorCode.InvalidOption,
  InvalidOperationError: ErrorCode.ApiError,
  InvalidSubjectError: ErrorCode.BadSubject,
  JetStreamNotEnabled: ErrorCode.JetStreamNotEnabled,
  NoResponders: ErrorCode.NoResponders,
  PermissionViolationError: ErrorCode.PermissionsViolation,
  ProtocolError: ErrorCode.ProtocolError,
  RequestError: ErrorCode.RequestError,
  TimeoutError: ErrorCode.Timeout,
  UserAuthenticationExpiredError: ErrorCode.AuthenticationExpired,
};

/** Codes whose text in `nats` 2 is the code: programs compare it. What happened is in `chainedError`. */
const BARE: ReadonlySet<string> = new Set([
  ErrorCode.BadSubject,
  ErrorCode.ConnectionClosed,
  ErrorCode.ConnectionDraining,
  ErrorCode.ConnectionRefused,
  ErrorCode.Disconnect,
  ErrorCode.MaxPayloadExceeded,
  ErrorCode.NoResponders,
  ErrorCode.Timeout,
]);

/** What an error of an official package may have. */
interface Known extends Error {
  code?: unknown;
  status?: number;
  maybeDelivered?: boolean;
  operation?: string;
  subject?: string;
  queue?: string;
  apiError?(): ApiError;
}

/**
 * The `NatsError` that stands for an error of Holdfast or of an official package. What is neither, such as an
 * error that the application threw, comes back as it is.
 */
export function toNatsError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof NatsError) return error;
  const known: Known = error;
  if (typeof known.apiError === "function") return ofApi(known, known.apiError());
  if (error.name === "JetStreamStatusError") return ofStatus(Number(known.code), error.message, error);
  const code = codeOf(known);
  if (code === undefined) return error;
  const made = BARE.has(code) ? new NatsError(code, code, error) : new NatsError(error.message, code, error);
  if (code === ErrorCode.PermissionsViolation) made.permissionContext = contextOf(known);
  if (known.maybeDelivered !== undefined) made.maybeDelivered = known.maybeDelivered;
  return made;
}

/** The same for where an error must come out. */
export function asNatsError(error: unknown): NatsError {
  return toNatsError(error) as NatsError;
}

/** The error that a status of JetStream means; null when it means none. */
export function ofStatus(status: number, text: string, cause?: Error): NatsError | null {
  if (status < 300) return null;
  const description = text.toLowerCase();
  if (status === 503)
    return NatsError.errorForCode(ErrorCode.JetStreamNotEnabled, cause ?? new Error(description));
  const code =
    status === 409 && description.startsWith("idle heartbeats missed")
      ? ErrorCode.JetStreamIdleHeartBeat
      : `${status}`;
  return new NatsError(description === "" ? ErrorCode.Unknown : description, code, cause);
}

function ofApi(error: Error, answer: ApiError): NatsError {
  const made = ofStatus(answer.code, answer.description, error) ?? new NatsError(error.message, "500", error);
  made.api_error = answer;
  return made;
}

function codeOf(error: Known): string | undefined {
  if (isHoldfastError(error)) return HOLDFAST_CODES[error.code] ?? error.code;
  if (error.name === "JetStreamError") return ofJetStream(error.message);
  const { cause } = error;
  const code = CLASS_CODES[error.name];
  return code === ErrorCode.RequestError && cause instanceof Error ? (codeOf(cause) ?? code) : code;
}

/** What `@nats-io/jetstream` says in words alone. */
function ofJetStream(text: string): string {
  if (text === "invalid ack response") return ErrorCode.JetStreamInvalidAck;
  return text === "heartbeats missed" ? ErrorCode.JetStreamIdleHeartBeat : ErrorCode.Unknown;
}

function contextOf(error: Known): PermissionContext {
  const { operation, subject, queue } = error.cause instanceof Error ? { ...error.cause, ...error } : error;
  return { operation: operation ?? "", subject: subject ?? "", ...(queue === undefined ? {} : { queue }) };
}
