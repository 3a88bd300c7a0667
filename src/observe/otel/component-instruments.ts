import type { Attributes } from "@opentelemetry/api";
import { COMPONENT_FAMILIES } from "../metrics/component-families.js";
import type { Sample } from "../metrics/family.js";
import type { InstrumentSpec, Reading, Values } from "./instruments.js";

/** Series that are remembered in order to become 0, for each instrument: there are a hundred names of each kind, in up to five states. */
const FADES = 1_024;

/** Attributes by the label that Prometheus has for the same; what is not here depends on the kind of the component. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  handler: "nats.handler.name",
  stream: "nats.stream.name",
  consumer: "nats.consumer.name",
  policy: "nats.policy.name",
  publisher: "nats.publisher.name",
  subject: "nats.breaker.subject",
  outcome: "nats.message.outcome",
  reason: "nats.failure.reason",
};

type Own = Readonly<Record<string, string>>;
type Kind = InstrumentSpec["kind"];

/** The figures of what works on a connection: those of Prometheus, but for the buckets of how long things took. */
export const COMPONENT_INSTRUMENTS: readonly InstrumentSpec[] = [
  spec("nats_components", "nats.components", "up-down", "{component}", {
    kind: "nats.component.kind",
    status: "nats.component.status",
  }),
  ...["handler", "consumer"].flatMap((who) => [
    spec(`nats_${who}_messages_total`, `nats.${who}.messages`, "counter", "{message}"),
    spec(`nats_${who}_failures_total`, `nats.${who}.failures`, "counter", "{try}"),
    spec(`nats_${who}_retries_total`, `nats.${who}.retries`, "counter", "{try}"),
    spec(`nats_${who}_in_flight`, `nats.${who}.in_flight`, "up-down", "{message}"),
    spec(`nats_${who}_waiting`, `nats.${who}.waiting`, "up-down", "{message}"),
    spec(`nats_${who}_concurrency`, `nats.${who}.concurrency`, "up-down", "{message}"),
    ...timed(
      `nats_${who}_duration_seconds`,
      [`nats.${who}.tries`, "{try}", "Tries whose time is in the other counter."],
      [`nats.${who}.time`, "How long tries took, all together."],
    ),
  ]),
  spec("nats_consumer_state", "nats.consumer.state", "up-down", "{consumer}", {
    state: "nats.consumer.state",
  }),
  spec("nats_consumer_pending_messages", "nats.consumer.pending", "gauge", "{message}"),
  spec("nats_consumer_ack_pending", "nats.consumer.ack_pending", "gauge", "{message}"),
  spec("nats_consumer_acks_total", "nats.consumer.acks", "counter", "{message}", {
    kind: "nats.consumer.ack.kind",
  }),
  spec("nats_consumer_redelivered_total", "nats.consumer.redelivered", "counter", "{message}"),
  spec("nats_consumer_recoveries_total", "nats.consumer.recoveries", "counter", "{recovery}"),
  spec("nats_consumer_recreated_total", "nats.consumer.recreated", "counter", "{consumer}"),
  // Not 0 when the consumer is gone: that would be a time.
  lasting(spec("nats_consumer_last_message_timestamp_seconds", "nats.consumer.last_message", "gauge", "s")),
  spec("nats_requests_total", "nats.policy.requests", "counter", "{request}"),
  spec("nats_request_failures_total", "nats.policy.failures", "counter", "{request}"),
  spec("nats_request_retries_total", "nats.policy.retries", "counter", "{try}"),
  spec("nats_request_rejected_total", "nats.policy.rejected", "counter", "{try}"),
  spec("nats_request_hedged_total", "nats.policy.hedged", "counter", "{request}"),
  spec("nats_request_fallbacks_total", "nats.policy.fallbacks", "counter", "{request}"),
  spec("nats_request_breaker_state", "nats.breaker.state", "up-down", "{breaker}", {
    state: "nats.breaker.state",
  }),
  spec("nats_request_breaker_opened_total", "nats.breaker.opened", "counter", "{opening}"),
  spec("nats_outbox_messages", "nats.outbox.messages", "up-down", "{message}"),
  spec("nats_outbox_parked_messages", "nats.outbox.parked", "up-down", "{message}"),
  spec("nats_outbox_bytes", "nats.outbox.usage", "up-down", "By"),
  spec("nats_outbox_max_bytes", "nats.outbox.limit", "up-down", "By"),
  spec("nats_outbox_oldest_age_seconds", "nats.outbox.oldest_age", "gauge", "s"),
  ...["stored", "confirmed", "recovered", "expired", "refused", "lost"].map((outcome) =>
    spec(`nats_outbox_${outcome}_total`, `nats.outbox.${outcome}`, "counter", "{message}"),
  ),
  spec("nats_outbox_commit_failures_total", "nats.outbox.commit_failures", "counter", "{commit}"),
  ...timed(
    "nats_outbox_flush_duration_seconds",
    ["nats.outbox.flushes", "{commit}", "Commits of the outbox whose time is in the other counter."],
    ["nats.outbox.flush_time", "How long it took until messages were on disk, all commits together."],
  ),
  spec("nats_stream_publisher_in_flight", "nats.publisher.in_flight", "up-down", "{message}"),
  spec("nats_stream_publisher_waiting", "nats.publisher.waiting", "up-down", "{message}"),
  ...["acked", "duplicates"].map((outcome) =>
    spec(`nats_stream_publisher_${outcome}_total`, `nats.publisher.${outcome}`, "counter", "{message}"),
  ),
  spec("nats_stream_publisher_retries_total", "nats.publisher.retries", "counter", "{try}"),
  spec("nats_stream_publisher_failures_total", "nats.publisher.failures", "counter", "{message}"),
  ...timed(
    "nats_stream_publisher_ack_duration_seconds",
    [
      "nats.publisher.acks",
      "{message}",
      "Messages whose time until the acknowledgement is in the other counter.",
    ],
    ["nats.publisher.ack_time", "Time until the acknowledgement, of all messages together."],
  ),
];

/** The same as a family of Prometheus. */
function spec(from: string, name: string, kind: Kind, unit: string, own: Own = {}): InstrumentSpec {
  const { help, samples } = familyOf(from);
  return {
    name,
    kind,
    unit,
    description: help,
    ...(kind === "counter" ? {} : { fades: FADES }),
    read: (reading) => valuesOf(samples(reading), own),
  };
}

/** Count and sum of a histogram, of which there is none that is read at a collection. */
function timed(
  from: string,
  [countName, unit, countHelp]: readonly [name: string, unit: string, description: string],
  [sumName, sumHelp]: readonly [name: string, description: string],
): InstrumentSpec[] {
  return [partOf(from, "count", countName, unit, countHelp), partOf(from, "sum", sumName, "s", sumHelp)];
}

function partOf(
  from: string,
  part: "sum" | "count",
  name: string,
  unit: string,
  description: string,
): InstrumentSpec {
  const { samples } = familyOf(from);
  return {
    name,
    kind: "counter",
    unit,
    description,
    read: (reading: Reading) =>
      valuesOf(
        samples(reading).filter((sample) => sample.part === part),
        {},
      ),
  };
}

function lasting({ fades: _never, ...rest }: InstrumentSpec): InstrumentSpec {
  return rest;
}

function familyOf(name: string) {
  const found = COMPONENT_FAMILIES.find((family) => family.name === name);
  if (found === undefined) throw new TypeError(`there is no metric ${name}`);
  return found;
}

function valuesOf(samples: readonly Sample[], own: Own): Values {
  return samples.map(({ labels, value }) => {
    const attributes: Attributes = {};
    for (const [label, text] of Object.entries(labels)) attributes[own[label] ?? ATTRIBUTES[label]] = text;
    return [value, attributes] as const;
  });
}
