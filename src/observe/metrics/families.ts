import { type ConnectionState, type ConnectionStats, type ErrorCode, VERSION } from "../../index.js";
import { COMPONENT_FAMILIES } from "./component-families.js";
import { counter, counters, type Family, facts, family, gauge, histogram, oneOf } from "./family.js";
import { labelText } from "./label-text.js";
import type { View } from "./view.js";

const STATES: readonly ConnectionState[] = [
  "disconnected",
  "connecting",
  "connected",
  "reconnecting",
  "draining",
  "closed",
];

/**
 * Types of errors that are there with 0 from the beginning: what `increase()` sees of a series that begins with 1 is nothing. These come from
 * links and servers; other codes appear when they happen.
 */
const ERROR_TYPES: readonly (ErrorCode | "UNKNOWN")[] = [
  "AUTHENTICATION_EXPIRED",
  "AUTHENTICATION_REVOKED",
  "AUTHENTICATOR_FAILED",
  "AUTHORIZATION_VIOLATION",
  "BEFORE_REPLAY_FAILED",
  "CALLBACK_FAILED",
  "CONNECTION_LOST",
  "CONNECTION_REFUSED",
  "CONNECTION_THROTTLED",
  "MAX_CONNECTIONS_EXCEEDED",
  "MAX_SUBSCRIPTIONS_EXCEEDED",
  "PERMISSIONS_VIOLATION",
  "PROTOCOL_ERROR",
  "SERVER_ERROR",
  "SLOW_CONSUMER",
  "STALE_CONNECTION",
  "TIMEOUT",
  "TLS_FAILED",
  "TLS_REQUIRED",
  "TLS_UNAVAILABLE",
  "UNKNOWN",
];

const INFO_LABELS = ["server", "server_name", "server_version", "cluster", "version"] as const;

/** A counter that stands in the books. */
const booked = (name: string, field: keyof ConnectionStats & string, help: string): Family =>
  counter(name, help, ({ health }) => health.stats[field] as number);

/** All metrics. What documents, alerts or draws them is checked against this table. */
export const FAMILIES: readonly Family[] = [
  oneOf(
    "nats_connection_state",
    "state",
    STATES,
    "1 for the state that the connection is in, 0 for the others.",
    ({ health }) => health.state,
  ),
  gauge("nats_client_connected", "1 while there is a link to a server, else 0.", ({ health }) =>
    Number(health.connected),
  ),
  gauge(
    "nats_connection_failed",
    "1 when an error has closed the connection, which then does not come back by itself.",
    ({ failed }) => Number(failed),
  ),
  facts(
    "nats_client_info",
    INFO_LABELS,
    "Always 1; the server of now (empty without a link) and the version of Holdfast.",
    infoOf,
  ),

  counter(
    "nats_disconnections_total",
    "Links that stood and were lost.",
    ({ observation }) => observation.disconnects,
  ),
  booked("nats_reconnections_total", "reconnects", "Outages that have ended with a new link."),
  booked("nats_client_reconnect_total", "reconnects", "The same as nats_reconnections_total."),
  counters(
    "nats_reconnect_attempts_total",
    "result",
    "Attempts to connect again by result, success or failure; a first connect counts when it fails.",
    ({ observation: { attempts } }) => [
      ["success", attempts.succeeded],
      ["failure", attempts.failed],
    ],
  ),
  histogram(
    "nats_disconnection_duration_seconds",
    "Duration of outages that have ended with a new link.",
    1,
    ({ observation }) => observation.downtimes,
  ),
  counter(
    "nats_moves_total",
    "Moves from server to server without an outage.",
    ({ observation }) => observation.moves,
  ),
  counters(
    "nats_errors_total",
    "type",
    "Errors of the connection and failed attempts by the error's code; UNKNOWN for what is not Holdfast's.",
    errorsOf,
  ),
  gauge(
    "nats_ping_rtt_seconds",
    "The last round trip to the server that was measured; no series without a link.",
    ({ health: { rtt } }) => (rtt === undefined ? undefined : rtt / 1000),
    "max",
  ),

  gauge(
    "nats_buffer_size_bytes",
    "Encoded bytes that are accepted and not confirmed.",
    ({ health }) => health.buffer.bytes,
  ),
  gauge(
    "nats_buffer_limit_bytes",
    "Bytes that are borne: maxPending; in an outage reconnectBufSize, for what is accepted since. How full it is: nats_buffer_ratio.",
    ({ health }) => health.buffer.limit,
  ),
  gauge(
    "nats_buffer_ratio",
    "How full the buffer is by the nearest of its limits, in bytes or messages; at 1 nothing more fits.",
    ({ health }) => health.buffer.ratio,
    "max",
  ),
  gauge(
    "nats_buffer_messages",
    "Messages that are accepted and not confirmed.",
    ({ health }) => health.buffer.messages,
  ),
  gauge(
    "nats_buffer_oldest_age_seconds",
    "How long ago the oldest of them was accepted; 0 when there is none.",
    ({ health }) => health.buffer.oldestAge / 1000,
    "max",
  ),

  family(
    "nats_messages_published_total",
    "counter",
    "Messages that publish() and request() have accepted; by subject only on request.",
    ["subject"],
    "sum",
    publishedOf,
  ),
  histogram(
    "nats_publish_latency_seconds",
    "Time from the acceptance of a message to its confirmation by a server.",
    1000,
    ({ measurements }) => measurements.publishLatency(),
  ),
  booked("nats_messages_confirmed_total", "confirmed", "Messages that a server has taken."),
  booked(
    "nats_messages_refused_total",
    "refused",
    "Messages that a server has refused for lack of permission.",
  ),
  counters(
    "nats_messages_dropped_total",
    "reason",
    "Messages that were accepted and then given up, by reason.",
    ({ health }) => Object.entries(health.stats.dropReasons),
  ),
  booked(
    "nats_messages_unconfirmed_total",
    "unconfirmed",
    "Messages on links that were lost, which must not be written again and may have arrived.",
  ),
  booked("nats_messages_replayed_total", "replayed", "Messages that were written again after an outage."),
  booked(
    "nats_messages_recovered_total",
    "recovered",
    "Of those that were accepted: messages of an outbox that an earlier process had accepted and could not send.",
  ),
  booked(
    "nats_messages_rejected_total",
    "rejected",
    "Messages that were not accepted because there was no room; the caller got an error.",
  ),
  booked(
    "nats_messages_overflowed_total",
    "overflowed",
    "Messages that an overflow has taken, to be accepted when it publishes them.",
  ),

  booked("nats_client_messages_in_total", "inMsgs", "Messages that have come in."),
  booked("nats_client_messages_out_total", "outMsgs", "The same as nats_messages_published_total."),
  booked(
    "nats_client_bytes_in_total",
    "inBytes",
    "Bytes of headers and payloads of messages that have come in.",
  ),
  booked(
    "nats_client_bytes_out_total",
    "outBytes",
    "Bytes of headers and payloads of messages that were accepted.",
  ),
  counter(
    "nats_slow_consumers_total",
    "Times that a subscription had too much waiting for its handler (option slow), or began to drop messages.",
    ({ observation }) => observation.slowConsumers,
  ),
  gauge(
    "nats_slow_subscriptions",
    "Subscriptions that have not caught up since.",
    ({ observation }) => observation.slowSubscriptions.length,
  ),

  ...COMPONENT_FAMILIES,
];

function infoOf({ nc, health: { server } }: View): Record<(typeof INFO_LABELS)[number], string> {
  // INFO of the last server stays during an outage.
  const info = server === "" ? undefined : nc.info;
  return {
    server,
    server_name: labelText(info?.server_name ?? ""),
    server_version: labelText(info?.version ?? ""),
    cluster: labelText(info?.cluster ?? ""),
    version: VERSION,
  };
}

function errorsOf({ observation: { errors } }: View): Iterable<readonly [string, number]> {
  return new Map<string, number>([...ERROR_TYPES.map((type): [string, number] => [type, 0]), ...errors]);
}

function publishedOf({ health, published }: View) {
  if (published === undefined) return [{ labels: {}, value: health.stats.accepted }];
  return Array.from(published, ([subject, value]) => ({ labels: { subject }, value }));
}
