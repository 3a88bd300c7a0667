import type { ConsumerNotification, Consumer as OfficialConsumer } from "@nats-io/jetstream";
import { expect, it } from "vitest";
import { toConsumer, toOfficialName } from "./consumer.js";

it("tells of a consumer what nats 2 tells, as it tells it", async () => {
  const notifications: ConsumerNotification[] = [
    { type: "heartbeat", lastConsumerSequence: 1, lastStreamSequence: 1 },
    { type: "heartbeats_missed", count: 2 },
    { type: "consumer_not_found", name: "c", stream: "S", count: 3 },
    { type: "stream_not_found", name: "S", consumerCreateFails: 4 },
    { type: "consumer_deleted", code: 409, description: "consumer deleted" },
    { type: "no_responders", code: 503 },
    { type: "ordered_consumer_recreated", name: "oc" },
    { type: "exceeded_limits", code: 409, description: "exceeded maxwaiting" },
    { type: "debug", code: 408, description: "request timeout" },
    { type: "discard", messagesLeft: 5, bytesLeft: 6 },
    { type: "reset", name: "c" },
    { type: "flow_control" },
  ];
  async function* status() {
    yield* notifications;
  }
  const messages = { status, async *[Symbol.asyncIterator]() {}, close: async () => new Error("x") };
  const official = { consume: async () => messages } as unknown as OfficialConsumer;
  const consumed = await toConsumer(official).consume();
  const told: unknown[] = [];
  for await (const { type, data } of await consumed.status()) told.push([type, data]);
  expect(told).toEqual([
    ["heartbeats_missed", 2],
    ["consumer_not_found", 3],
    ["stream_not_found", 4],
    ["consumer_deleted", "409 consumer deleted"],
    ["no_responders", "503 No Responders"],
    ["ordered_consumer_recreated", "oc"],
    ["debug", "409 exceeded maxwaiting"],
    ["debug", "408 request timeout"],
    ["discard", { msgsLeft: 5, bytesLeft: 6 }],
    ["reset", ""],
  ]);
});

it("knows the old name of the filter of an ordered consumer", () => {
  expect(toOfficialName("durable")).toBe("durable");
  expect(toOfficialName()).toBeUndefined();
  expect(toOfficialName({ filterSubjects: "a", headers_only: true })).toEqual({
    filter_subjects: "a",
    headers_only: true,
  });
});
