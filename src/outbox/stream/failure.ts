import { codedError } from "../../checks/coded-error.js";
import { describeCause, isHoldfastError } from "../../errors.js";
import type { HoldfastError } from "../../index.js";
import type { Outgoing } from "./outgoing.js";
import { ApiCode, type ApiRefusal, lastSequenceIn, mayPass, type StreamPublishError } from "./pub-ack.js";

/** Why a try has failed. */
export interface Failure {
  readonly error: HoldfastError;
  /** Another try may succeed. */
  readonly mayPass: boolean;
  /** The stream may have the message all the same. */
  readonly maybeDelivered: boolean;
  /** The link has died, and with it nothing but this try. */
  readonly isLinkLost: boolean;
  readonly apiCode: number | undefined;
  /** The expectation did not hold: the last sequence of the stream. */
  readonly lastSequence: number | undefined;
}

/** Codes of requests after which the message is refused again in the same way, or the connection is at its end. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  "CONNECTION_CLOSED",
  "CONNECTION_DRAINING",
  "HEADERS_UNSUPPORTED",
  "INVALID_ARGUMENT",
  "INVALID_OPTION",
  "INVALID_PAYLOAD",
  "INVALID_SUBJECT",
  "MAX_CONTROL_LINE_EXCEEDED",
  "MAX_PAYLOAD_EXCEEDED",
  "PERMISSIONS_VIOLATION",
]);

const TOO_LARGE = {
  mayPass: false,
  maybeDelivered: false,
  isLinkLost: false,
  apiCode: undefined,
  lastSequence: undefined,
} as const;

/** Whether it was too large: it may be small enough without the header that binds it to the one before it. */
export function isTooLarge({ error, apiCode }: Failure): boolean {
  return (
    apiCode === ApiCode.MessageTooLarge ||
    apiCode === ApiCode.HeaderTooLarge ||
    error.code === "MAX_PAYLOAD_EXCEEDED"
  );
}

/** Of a request that has no answer. Anything may be thrown: a wrapper around the connection has its own errors. */
export function failedRequest(cause: unknown): Failure {
  const error = isHoldfastError(cause)
    ? (cause as HoldfastError)
    : codedError("SERVER_ERROR", describeCause(cause), { cause });
  const { code } = error;
  return {
    error,
    mayPass: !FOR_GOOD.has(code),
    maybeDelivered: error.maybeDelivered ?? (code === "TIMEOUT" || code === "CONNECTION_CLOSED"),
    isLinkLost: code === "CONNECTION_LOST" || code === "DISCONNECTED",
    apiCode: undefined,
    lastSequence: undefined,
  };
}

/** Of an answer by which JetStream has refused it. */
export function refusedByStream({ subject, stream }: Outgoing, refusal: ApiRefusal): Failure {
  const isOther = refusal.apiCode === ApiCode.StreamMismatch;
  const why = isOther ? `its subject is not of stream "${stream}"` : refusal.text;
  const text = `JetStream has refused a message to "${subject}": ${why} (${refusal.apiCode})`;
  return {
    error: codedError("STREAM_REFUSED", text, { subject }),
    mayPass: mayPass(refusal),
    maybeDelivered: false,
    isLinkLost: false,
    apiCode: refusal.apiCode,
    lastSequence: lastSequenceIn(refusal),
  };
}

/** Of a message that is larger than the stream takes, by what it has said of itself: as when it had refused the message. */
export function overMaxMsgSize({ subject, stream, size }: Outgoing, most: number): Failure {
  const { MessageTooLarge: apiCode } = ApiCode;
  const text = `stream "${stream}" takes no message of ${size} bytes (headers and payload) to "${subject}": its max_msg_size is ${most} (${apiCode})`;
  return { ...TOO_LARGE, error: codedError("STREAM_REFUSED", text, { subject }), apiCode };
}

/** Of a message that is larger than the server takes: as when the connection had refused it. */
export function overMaxPayload({ subject, size }: Outgoing, most: number): Failure {
  const text = `a message of ${size} bytes (headers and payload) is over the server's max_payload of ${most}`;
  return { ...TOO_LARGE, error: codedError("MAX_PAYLOAD_EXCEEDED", text, { subject }) };
}

/** Of an answer that is no PubAck: somebody else answers on the subject, maybe beside a stream. */
export function strangeAnswer(subject: string, what: string): Failure {
  const text = `"${subject}": ${what} has come; somebody beside JetStream may be answering there`;
  return {
    error: codedError("PROTOCOL_ERROR", text, { subject }),
    mayPass: true,
    maybeDelivered: true,
    isLinkLost: false,
    apiCode: undefined,
    lastSequence: undefined,
  };
}

/** Of a subject that nobody answers on, and that the stream does not have. */
export function notOfStream(subject: string, stream: string): Failure {
  return {
    error: codedError("NO_RESPONDERS", `stream "${stream}" does not have the subject "${subject}"`, {
      subject,
    }),
    mayPass: false,
    maybeDelivered: false,
    isLinkLost: false,
    apiCode: undefined,
    lastSequence: undefined,
  };
}

/** Of a message that nobody answers, into a stream that does not exist. */
export function noStream(subject: string, stream: string, mayPass: boolean): Failure {
  return {
    error: codedError("NO_RESPONDERS", `there is no stream "${stream}"`, { subject }),
    mayPass,
    maybeDelivered: false,
    isLinkLost: false,
    apiCode: ApiCode.StreamNotFound,
    lastSequence: undefined,
  };
}

/** What the caller of `publish()` is told. */
export function publishError(out: Outgoing, failure: Failure): StreamPublishError {
  const { error, apiCode } = failure;
  const { subject, msgID, tries } = out;
  // An error of a link that died may be shared by all that was on it.
  const told = codedError(error.code, error.message, { subject, cause: error });
  const facts = {
    retryable: failure.mayPass,
    maybeDelivered: out.maybeDelivered || failure.maybeDelivered,
    msgID,
    tries,
    ...(apiCode === undefined ? {} : { apiCode }),
  };
  return Object.assign(told, facts);
}
