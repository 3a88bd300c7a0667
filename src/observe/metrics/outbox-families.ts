import type { OutboxReading, PublisherReading } from "../components/reading.js";
import { type ComponentFamily, counted, durationsIn, type Groups, largest, summed } from "./grouped.js";

/** A connection has one outbox: nothing tells series apart. */
const NONE: readonly string[] = [];

/** Metrics of outboxes and stream publishers; without such components they have no series. */
export const OUTBOX_FAMILIES: readonly ComponentFamily[] = [
  ...outboxFamilies((view) => view.components.outboxes),
  ...publisherFamilies((view) => view.components.publishers),
];

function outboxFamilies(groups: Groups<OutboxReading>): ComponentFamily[] {
  return [
    summed(
      "nats_outbox_messages",
      "Messages that wait in the outbox, on disk and on their way there, without those that are parked.",
      NONE,
      groups,
      ({ messages }) => messages,
    ),
    largest(
      "nats_outbox_oldest_age_seconds",
      "How long ago the oldest message in the outbox was accepted; 0 when there is none.",
      NONE,
      groups,
      ({ oldestAge }) => oldestAge / 1_000,
    ),
    summed(
      "nats_outbox_bytes",
      "Bytes that the messages in the outbox take, those that are parked as well.",
      NONE,
      groups,
      ({ bytes }) => bytes,
    ),
    largest(
      "nats_outbox_max_bytes",
      "What nats_outbox_bytes may reach: option maxBytes.",
      NONE,
      groups,
      ({ maxBytes }) => maxBytes,
      "sum",
    ),
    summed(
      "nats_outbox_parked_messages",
      "Messages that a server has refused for good: they stay on disk and are not sent.",
      NONE,
      groups,
      ({ parked }) => parked,
    ),
    ...(
      [
        ["nats_outbox_stored_total", "stored", "Messages that the outbox has taken."],
        [
          "nats_outbox_confirmed_total",
          "confirmed",
          "Messages of the outbox that a server, or the stream, has confirmed.",
        ],
        [
          "nats_outbox_recovered_total",
          "recovered",
          "Messages that an earlier process had left in the outbox, found when it was opened.",
        ],
        [
          "nats_outbox_expired_total",
          "expired",
          "Messages that became older than their ttl or maxAge in the outbox.",
        ],
        [
          "nats_outbox_refused_total",
          "refused",
          "Messages of the outbox that a server has refused for good, which are parked since.",
        ],
        ["nats_outbox_lost_total", "lost", "Messages of the outbox that could not be read from the disk."],
        [
          "nats_outbox_commit_failures_total",
          "failures",
          "Times that the disk has not taken what the outbox wrote, or could not be read.",
        ],
      ] as const
    ).map(([name, count, help]) => counted(name, help, NONE, groups, count)),
    durationsIn(
      "nats_outbox_flush_duration_seconds",
      "How long it took until messages were on disk, each commit once.",
      NONE,
      groups,
    ),
  ];
}

function publisherFamilies(groups: Groups<PublisherReading>): ComponentFamily[] {
  const labels = ["publisher"];
  return [
    summed(
      "nats_stream_publisher_in_flight",
      "Messages that were sent to a stream and have no acknowledgement yet.",
      labels,
      groups,
      ({ inFlight }) => inFlight,
    ),
    summed(
      "nats_stream_publisher_waiting",
      "Messages for a stream that wait for their turn.",
      labels,
      groups,
      ({ waiting }) => waiting,
    ),
    ...(
      [
        ["nats_stream_publisher_acked_total", "acked", "Messages that a stream has acknowledged."],
        [
          "nats_stream_publisher_duplicates_total",
          "duplicates",
          "Of these, messages that the stream had already.",
        ],
        [
          "nats_stream_publisher_retries_total",
          "retried",
          "Further tries to have a message stored after one without an acknowledgement.",
        ],
        ["nats_stream_publisher_failures_total", "failed", "Messages for a stream that were given up."],
      ] as const
    ).map(([name, count, help]) => counted(name, help, labels, groups, count)),
    durationsIn(
      "nats_stream_publisher_ack_duration_seconds",
      "Time from the first sending of a message to the acknowledgement of its stream.",
      labels,
      groups,
    ),
  ];
}
