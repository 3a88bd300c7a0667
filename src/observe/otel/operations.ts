import type { Attributes } from "@opentelemetry/api";
import type { Payload } from "../../index.js";

/** What is done with messages, in the words of OpenTelemetry's conventions for messaging (1.45.0). */
export interface Operation {
  /** `messaging.operation.name`, and the first word of the span's name. */
  readonly name: string;
  /** The kind of its spans. */
  readonly kind: "PRODUCER" | "CLIENT" | "CONSUMER";
  /** `messaging.operation.type`. */
  readonly type: "send" | "process" | "settle" | undefined;
  /** Whether the message takes the context along. What only the server reads goes as it is. */
  readonly carries: boolean;
  /** What all its spans and measurements have. */
  readonly attributes: Attributes;
}

/** `messaging.system` was renamed in 1.45.0; what looks at traces today still asks for the old name. */
export const SYSTEM: Attributes = { "messaging.system": "nats", "messaging.system.name": "nats" };

function operation(
  name: string,
  kind: Operation["kind"],
  type: Operation["type"],
  carries: boolean,
): Operation {
  const attributes: Attributes = { ...SYSTEM, "messaging.operation.name": name };
  if (type !== undefined) attributes["messaging.operation.type"] = type;
  return { name, kind, type, carries, attributes };
}

export const PUBLISH = operation("publish", "PRODUCER", "send", true);
export const REQUEST = operation("request", "CLIENT", "send", true);
export const PROCESS = operation("process", "CONSUMER", "process", false);
/** A request to JetStream's API, which sends no message to anybody. */
const API_REQUEST = operation("request", "CLIENT", undefined, false);

const settle = (name: string) => operation(name, "CLIENT", "settle", false);
const ACK = settle("ack");
/** By the first four bytes of the payload. */
const SETTLE: Readonly<Record<string, Operation>> = {
  "+ACK": ACK,
  "-NAK": settle("nak"),
  "+WPI": settle("working"),
  "+TER": settle("term"),
  "+NXT": settle("next"),
};

/** What a publish to `subject` is; undefined for what JetStream's own machinery sends: pulls, flow control. */
export function operationOfPublish(subject: string, payload: Payload | undefined): Operation | undefined {
  if (!isJetStream(subject)) return PUBLISH;
  if (!subject.startsWith(ACKS)) return undefined;
  const start =
    typeof payload === "string"
      ? payload.slice(0, 4)
      : String.fromCharCode(...(payload?.subarray(0, 4) ?? []));
  return SETTLE[start] ?? ACK;
}

/** What a request to `subject` is. */
export function operationOfRequest(subject: string): Operation {
  return isJetStream(subject) ? API_REQUEST : REQUEST;
}

const ACKS = "$JS.ACK.";

function isJetStream(subject: string): boolean {
  return subject.charCodeAt(0) === 36 && subject.startsWith("$JS.");
}

/** Whether a message with this reply subject comes from a consumer of JetStream, which wants it acknowledged there. */
export function isAckSubject(reply: string): boolean {
  return reply.startsWith(ACKS);
}

/** Stream and consumer in the subject of an acknowledgement; undefined when it has another form. */
export function consumerOf(subject: string): { stream: string; consumer: string } | undefined {
  const tokens = subject.split(".");
  // Servers of 2.10 and later may put domain and account in front: $JS.ACK.<domain>.<account>.<stream>.<consumer>. and five or six more.
  const at = tokens.length === 9 ? 2 : tokens.length > 10 ? 4 : 0;
  return at === 0 ? undefined : { stream: tokens[at], consumer: tokens[at + 1] };
}
