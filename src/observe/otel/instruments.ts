import type { Attributes } from "@opentelemetry/api";
import { type ConnectionState, type Health, type Measurements, VERSION } from "../../index.js";
import type { ComponentsLook } from "../components/ledger.js";
import type { Observation } from "../observation.js";
import { serverOf } from "./link-facts.js";

/** What is known of a connection at a collection. */
export interface Reading {
  readonly health: Health;
  readonly observation: Observation;
  readonly measurements: Measurements;
  readonly components: ComponentsLook;
  /** Version of the server; undefined when none was met. */
  readonly serverVersion: string | undefined;
}

/** Values of an instrument, each with the attributes that it has of its own. */
export type Values = Iterable<readonly [value: number, attributes?: Attributes]>;

/** An instrument that is read at each collection. */
export interface InstrumentSpec {
  readonly name: string;
  readonly kind: "counter" | "up-down" | "gauge";
  readonly unit: string;
  readonly description: string;
  readonly read: (reading: Reading) => Values;
  /**
   * Of its series, those that are not read any more become 0: an SDK tells for ever what it was told once. How many are remembered for it;
   * undefined: none.
   */
  readonly fades?: number;
}

const STATES = [
  "disconnected",
  "connecting",
  "connected",
  "reconnecting",
  "draining",
  "closed",
] as const satisfies ConnectionState[];

const SEND: Attributes = { "messaging.operation.name": "publish", "messaging.operation.type": "send" };
const RECEIVE: Attributes = { "messaging.operation.name": "receive", "messaging.operation.type": "receive" };

type Read = (reading: Reading) => number;

function one(
  kind: InstrumentSpec["kind"],
  name: string,
  unit: string,
  description: string,
  read: Read,
): InstrumentSpec {
  return { name, kind, unit, description, read: (reading) => [[read(reading)]] };
}

const counter = (name: string, unit: string, description: string, read: Read) =>
  one("counter", name, unit, description, read);
const level = (name: string, unit: string, description: string, read: Read) =>
  one("up-down", name, unit, description, read);
const gauge = (name: string, unit: string, description: string, read: Read) =>
  one("gauge", name, unit, description, read);

/** A counter that stands in the books. */
const booked = (
  outcome: string,
  field:
    | "accepted"
    | "confirmed"
    | "refused"
    | "unconfirmed"
    | "replayed"
    | "recovered"
    | "rejected"
    | "overflowed",
  description: string,
) =>
  counter(`nats.client.${outcome}.messages`, "{message}", description, ({ health }) => health.stats[field]);

/** Names of the conventions where they have one; `nats.client.` otherwise. */
export const INSTRUMENTS: readonly InstrumentSpec[] = [
  {
    name: "messaging.client.sent.messages",
    kind: "counter",
    unit: "{message}",
    description: "Messages that were sent and have an outcome: confirmed, refused or unconfirmed.",
    read: ({ health: { stats } }) => [[stats.confirmed + stats.refused + stats.unconfirmed, SEND]],
  },
  {
    name: "messaging.client.consumed.messages",
    kind: "counter",
    unit: "{message}",
    description: "Messages that have come in.",
    read: ({ health: { stats } }) => [[stats.inMsgs, RECEIVE]],
  },
  counter(
    "nats.client.sent.bytes",
    "By",
    "Headers and payloads of the messages that were sent and have an outcome.",
    ({ health: { stats } }) => stats.confirmedBytes + stats.refusedBytes + stats.unconfirmedBytes,
  ),
  counter(
    "nats.client.consumed.bytes",
    "By",
    "Headers and payloads of the messages that have come in.",
    ({ health }) => health.stats.inBytes,
  ),
  booked("accepted", "accepted", "Messages that publish() and request() have accepted."),
  booked("confirmed", "confirmed", "Messages that a server has taken."),
  booked("refused", "refused", "Messages that a server has refused for lack of permission."),
  booked("unconfirmed", "unconfirmed", "Messages on links that were lost, which may have arrived."),
  booked("replayed", "replayed", "Messages that were written again after an outage."),
  booked(
    "recovered",
    "recovered",
    "Messages of an outbox that an earlier process had accepted and could not send.",
  ),
  booked("rejected", "rejected", "Messages that were not accepted because there was no room."),
  booked("overflowed", "overflowed", "Messages that an overflow has taken."),
  {
    name: "nats.client.dropped.messages",
    kind: "counter",
    unit: "{message}",
    description: "Messages that were accepted and then given up, by reason.",
    read: ({ health: { stats } }) =>
      Object.entries(stats.dropReasons).map(([reason, count]) => [
        count,
        { "nats.client.drop.reason": reason },
      ]),
  },
  counter(
    "nats.client.confirmations",
    "{message}",
    "Messages whose time until the confirmation is in nats.client.confirmation.time.",
    ({ measurements }) => measurements.publishLatency().count,
  ),
  counter(
    "nats.client.confirmation.time",
    "s",
    "Time from acceptance to confirmation, of all messages together.",
    ({ measurements }) => measurements.publishLatency().sum / 1000,
  ),
  {
    name: "nats.client.connection.state",
    kind: "up-down",
    unit: "1",
    description: "1 for the state that the connection is in, 0 for the others.",
    read: ({ health: { state } }) =>
      STATES.map((name) => [name === state ? 1 : 0, { "nats.client.connection.state": name }]),
  },
  counter(
    "nats.client.disconnects",
    "{disconnect}",
    "Links that stood and were lost.",
    ({ observation }) => observation.disconnects,
  ),
  counter(
    "nats.client.reconnects",
    "{reconnect}",
    "Outages that have ended with a new link.",
    ({ health }) => health.reconnectCount,
  ),
  counter(
    "nats.client.moves",
    "{move}",
    "Moves from server to server without an outage.",
    ({ observation }) => observation.moves,
  ),
  {
    name: "nats.client.reconnect.attempts",
    kind: "counter",
    unit: "{attempt}",
    description: "Attempts to connect again by result; a first connect counts when it fails.",
    read: ({ observation: { attempts } }) => [
      [attempts.succeeded, { "nats.client.attempt.result": "success" }],
      [attempts.failed, { "nats.client.attempt.result": "failure" }],
    ],
  },
  {
    name: "nats.client.errors",
    kind: "counter",
    unit: "{error}",
    description: "Errors of the connection and failed attempts by code; UNKNOWN for what is not Holdfast's.",
    read: ({ observation }) =>
      [...observation.errors].map(([code, count]) => [count, { "error.type": code }]),
  },
  level(
    "nats.client.buffer.usage",
    "By",
    "Encoded bytes that are accepted and not confirmed.",
    ({ health }) => health.buffer.bytes,
  ),
  level(
    "nats.client.buffer.limit",
    "By",
    "What nats.client.buffer.usage may reach: maxPending, and reconnectBufSize in an outage.",
    ({ health }) => health.buffer.limit,
  ),
  gauge(
    "nats.client.buffer.utilization",
    "1",
    "How full the buffer is by the nearest of its limits.",
    ({ health }) => health.buffer.ratio,
  ),
  level(
    "nats.client.buffer.messages",
    "{message}",
    "Messages that are accepted and not confirmed.",
    ({ health }) => health.buffer.messages,
  ),
  gauge(
    "nats.client.buffer.oldest_age",
    "s",
    "How long ago the oldest of them was accepted; 0 when there is none.",
    ({ health }) => health.buffer.oldestAge / 1000,
  ),
  {
    name: "nats.client.rtt",
    kind: "gauge",
    unit: "s",
    description: "The round trip to the server that was measured last.",
    read: ({ health: { rtt } }) => (rtt === undefined ? [] : [[rtt / 1000]]),
  },
  counter(
    "nats.client.slow_consumers",
    "{episode}",
    "Times that a subscription had too much waiting for its handler, or began to drop messages.",
    ({ observation }) => observation.slowConsumers,
  ),
  level(
    "nats.client.slow_subscriptions",
    "{subscription}",
    "Subscriptions that have not caught up since.",
    ({ observation }) => observation.slowSubscriptions.length,
  ),
  {
    name: "nats.client.info",
    kind: "gauge",
    unit: "1",
    description: "1, with the versions and the server in use.",
    fades: 64,
    read: ({ health: { server }, serverVersion }) => [
      [1, { ...versions(serverVersion), ...serverOf(server) }],
    ],
  },
];

function versions(server: string | undefined): Attributes {
  const own: Attributes = { "nats.client.version": VERSION };
  return server === undefined ? own : { ...own, "nats.server.version": server };
}
