import {
  BREAKER_STATES,
  CONSUMER_STATES,
  type ConsumerReading,
  type HandlerReading,
  type Reading,
  type Work,
} from "../components/reading.js";
import { family } from "./family.js";
import {
  byLabel,
  type ComponentFamily,
  type ComponentsView,
  counted,
  durationsIn,
  type Groups,
  inStates,
  largest,
  summed,
} from "./grouped.js";
import { OUTBOX_FAMILIES } from "./outbox-families.js";

/** Kinds of components, and how they are. */
const KINDS = [
  "handler",
  "consumer",
  "policy",
  "outbox",
  "publisher",
  "shutdown",
  "other",
] as const satisfies Reading["kind"][];
const STATUSES = ["working", "failing", "unready"] as const;

/** What becomes of messages in the end, by the name of its count. */
const OUTCOMES = { handled: "handled", dead_lettered: "deadLettered", discarded: "discarded" };
/** Why tries fail. */
const REASONS = { error: "failed", timeout: "timedOut", invalid: "invalid" };
const ACKS = { ack: "acked", nak: "naked", term: "termed" };

/** Metrics of what works on a connection; without such components they have no series. */
export const COMPONENT_FAMILIES: readonly ComponentFamily[] = [
  family<ComponentsView>(
    "nats_components",
    "gauge",
    "Components of the connection by kind and status: working, failing at their work, or keeping the process from being ready.",
    ["kind", "status"],
    "sum",
    ({ components: { readings } }) =>
      KINDS.flatMap((kind) =>
        STATUSES.map((status) => ({
          labels: { kind, status },
          value: readings.filter((one) => one.kind === kind && statusOf(one) === status).length,
        })),
      ),
  ),

  ...workFamilies<HandlerReading>("nats_handler", "handler", ["handler"], (view) => view.components.handlers),

  ...workFamilies<ConsumerReading>(
    "nats_consumer",
    "consumer",
    ["stream", "consumer"],
    (view) => view.components.consumers,
  ),
  ...consumerFamilies((view) => view.components.consumers),

  ...(
    [
      ["nats_requests_total", "calls", "Requests through a policy, each once however often it was tried."],
      ["nats_request_failures_total", "failed", "Requests through a policy that failed in the end."],
      ["nats_request_retries_total", "retried", "Further tries of requests after a failed one."],
      ["nats_request_rejected_total", "rejected", "Tries of requests that a breaker did not let through."],
      ["nats_request_hedged_total", "hedged", "Second requests that were sent because the first was slow."],
      ["nats_request_fallbacks_total", "fallbacks", "Failed requests for which the fallback has answered."],
    ] as const
  ).map(([name, count, help]) =>
    counted(name, help, ["policy"], ({ components: { policies } }) => policies, count),
  ),
  family<ComponentsView>(
    "nats_request_breaker_state",
    "gauge",
    "Circuit breakers in this state: one series for each state, isolated is opened by hand.",
    ["policy", "subject", "state"],
    "sum",
    ({ components: { breakers } }) =>
      breakers.flatMap(({ labels, live }) => inStates(labels, BREAKER_STATES, live)),
  ),
  counted(
    "nats_request_breaker_opened_total",
    "How often circuit breakers have opened.",
    ["policy", "subject"],
    ({ components: { breakers } }) => breakers,
    "opened",
  ),

  ...OUTBOX_FAMILIES,
];

/** What handlers and consumers share. */
function workFamilies<R extends Work>(
  prefix: string,
  who: string,
  labels: readonly string[],
  groups: Groups<R>,
): ComponentFamily[] {
  return [
    byLabel(
      `${prefix}_messages_total`,
      `Messages that a ${who} is done with: handled, dead_lettered, or discarded, which is given up without a dead letter.`,
      labels,
      groups,
      "outcome",
      OUTCOMES,
    ),
    byLabel(
      `${prefix}_failures_total`,
      `Tries of a ${who} that failed by reason: error, timeout, or invalid for what could not be decoded.`,
      labels,
      groups,
      "reason",
      REASONS,
    ),
    counted(
      `${prefix}_retries_total`,
      `Further tries of a ${who} after a failed one.`,
      labels,
      groups,
      "retried",
    ),
    summed(
      `${prefix}_in_flight`,
      `Messages that a ${who} is at work on, or that wait for their next try.`,
      labels,
      groups,
      ({ inFlight }) => inFlight,
    ),
    summed(
      `${prefix}_waiting`,
      `Messages that wait for a place at a ${who}.`,
      labels,
      groups,
      ({ waiting }) => waiting,
    ),
    summed(
      `${prefix}_concurrency`,
      `Messages that a ${who} works on at the same time, at most.`,
      labels,
      groups,
      ({ concurrency }) => concurrency,
    ),
    durationsIn(`${prefix}_duration_seconds`, `How long tries of a ${who} took.`, labels, groups),
  ];
}

/** What only consumers have. */
function consumerFamilies(groups: Groups<ConsumerReading>): ComponentFamily[] {
  const labels = ["stream", "consumer"];
  return [
    family<ComponentsView>(
      "nats_consumer_state",
      "gauge",
      "Consumers in this state, one series for each; recovering: it gets nothing and tries to change that.",
      [...labels, "state"],
      "sum",
      (view) => groups(view).flatMap(({ labels: own, live }) => inStates(own, CONSUMER_STATES, live)),
    ),
    largest(
      "nats_consumer_pending_messages",
      "Messages of the stream that nobody has got yet (lag); no series when it is not known.",
      labels,
      groups,
      ({ pending }) => pending,
    ),
    largest(
      "nats_consumer_ack_pending",
      "Messages that wait for an acknowledgement; no series when it is not known.",
      labels,
      groups,
      ({ ackPending }) => ackPending,
    ),
    byLabel(
      "nats_consumer_acks_total",
      "Messages acknowledged (ack), handed back (nak), and ended for good (term).",
      labels,
      groups,
      "kind",
      ACKS,
    ),
    counted(
      "nats_consumer_redelivered_total",
      "Messages that came more than once.",
      labels,
      groups,
      "redelivered",
    ),
    counted(
      "nats_consumer_recoveries_total",
      "How often a consumer had stopped getting messages and was set going again.",
      labels,
      groups,
      "recoveries",
    ),
    counted(
      "nats_consumer_recreated_total",
      "How often stream or consumer were gone and were made anew.",
      labels,
      groups,
      "recreated",
    ),
    largest(
      "nats_consumer_last_message_timestamp_seconds",
      "When the last message came, in Unix time; no series before the first.",
      labels,
      groups,
      ({ lastMessageAt }) => (lastMessageAt === undefined ? undefined : lastMessageAt / 1_000),
    ),
  ];
}

function statusOf({ unready, failing }: Reading): (typeof STATUSES)[number] {
  if (unready !== undefined) return "unready";
  return failing === undefined ? "working" : "failing";
}
