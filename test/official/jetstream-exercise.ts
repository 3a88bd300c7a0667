import { AckPolicy, DeliverPolicy, type JsMsg, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import { expect } from "vitest";
import type { Connection } from "../../src/index.js";
import { until } from "../support/until.js";

/** Everything that the JetStream package does with a connection, on a server of its own. */
export async function exerciseJetStream(nc: Connection): Promise<void> {
  const jsm = await jetstreamManager(nc);
  const js = jetstream(nc);
  const advisories = readAdvisories(jsm.advisories());
  await jsm.streams.add({
    name: "ORDERS",
    subjects: ["orders.>"],
    allow_direct: true,
    allow_atomic: true,
    duplicate_window: nanos(60_000),
  });
  await publishes(nc);
  await manages(nc);
  await pulls(nc);
  await pullsByBytes(nc);
  await pushes(nc);
  await orders(nc);
  await reads(nc);
  await until(() => advisories.count > 0, "an advisory");
  expect(await jsm.streams.delete("ORDERS")).toBe(true);
  await js.jetstreamManager();
}

function readAdvisories(iterator: AsyncIterable<unknown>) {
  const seen = { count: 0 };
  void (async () => {
    for await (const _ of iterator) seen.count++;
  })();
  return seen;
}

/** Publishes ten messages: singly, twice under one id, and in an atomic batch. */
async function publishes(nc: Connection): Promise<void> {
  const js = jetstream(nc);
  for (let n = 1; n <= 6; n++)
    expect((await js.publish("orders.new", `${n}`, { msgID: `id-${n}` })).seq).toBe(n);
  expect(await js.publish("orders.new", "6", { msgID: "id-6" })).toMatchObject({ duplicate: true });
  await expect(js.publish("orders.new", "x", { expect: { lastSequence: 99 } })).rejects.toThrow(
    "wrong last sequence",
  );
  await expect(js.publish("nowhere", "x", { timeout: 500, retries: 1 })).rejects.toThrow();
  const batch = await js.startBatch("orders.batch", "7");
  await batch.add("orders.batch", "8", { ack: true });
  batch.add("orders.batch", "9");
  expect(await batch.commit("orders.batch", "10")).toMatchObject({ count: 4, seq: 10 });
}

async function manages(nc: Connection): Promise<void> {
  const jsm = await jetstreamManager(nc);
  expect((await jsm.getAccountInfo()).streams).toBe(1);
  expect((await jsm.streams.info("ORDERS")).state.messages).toBe(10);
  expect(await jsm.streams.find("orders.new")).toBe("ORDERS");
  expect(await jsm.streams.names().next()).toEqual(["ORDERS"]);
  expect((await jsm.streams.list().next()).length).toBe(1);
  expect((await jsm.streams.update("ORDERS", { description: "all of them" })).config.description).toBe(
    "all of them",
  );
  await expect(jsm.streams.info("NONE")).rejects.toThrow("stream not found");
  await jsm.consumers.add("ORDERS", {
    durable_name: "worker",
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(2000),
  });
  expect((await jsm.consumers.list("ORDERS").next()).map(({ name }) => name)).toEqual(["worker"]);
  await jsm.consumers.update("ORDERS", "worker", { description: "works" });
  expect((await jsm.consumers.pause("ORDERS", "worker", new Date(Date.now() + 60_000))).paused).toBe(true);
  expect((await jsm.consumers.resume("ORDERS", "worker")).paused).toBe(false);
  expect((await jsm.consumers.info("ORDERS", "worker")).num_pending).toBe(10);
}

/** A durable pull consumer in all its forms, and every kind of acknowledgement. */
async function pulls(nc: Connection): Promise<void> {
  const consumer = await jetstream(nc).consumers.get("ORDERS", "worker");
  const first = (await consumer.next()) as JsMsg;
  expect([first.seq, first.string(), first.info.stream]).toEqual([1, "1", "ORDERS"]);
  first.working();
  expect(await first.ackAck({ timeout: 2000 })).toBe(true);
  expect(await first.ackAck()).toBe(false);
  const got: JsMsg[] = [];
  for await (const msg of await consumer.fetch({ max_messages: 2, expires: 2000 })) got.push(msg);
  expect(got.map((msg) => msg.seq)).toEqual([2, 3]);
  got[0].term("enough");
  got[1].nak();
  const messages = await consumer.consume({ max_messages: 4 });
  const statuses = messages.status()[Symbol.asyncIterator]();
  const seen: number[] = [];
  for await (const msg of messages) {
    seen.push(msg.seq);
    msg.ack();
    if (seen.length === 8) break;
  }
  expect(seen.toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  await messages.close();
  void statuses.return?.();
  const called = await consumer.consume({ callback: (msg) => msg.ack() });
  await called.close();
  await expect(consumer.next({ expires: 1000 })).resolves.toBeNull();
  expect(await consumer.delete()).toBe(true);
}

/** A consumer that counts bytes in place of messages. */
async function pullsByBytes(nc: Connection): Promise<void> {
  const jsm = await jetstreamManager(nc);
  await jsm.consumers.add("ORDERS", { name: "sizes", ack_policy: AckPolicy.None });
  const consumer = await jetstream(nc).consumers.get("ORDERS", "sizes");
  const messages = await consumer.consume({ max_bytes: 4096 });
  let count = 0;
  for await (const _ of messages) if (++count === 10) break;
  await messages.close();
}

async function pushes(nc: Connection): Promise<void> {
  const jsm = await jetstreamManager(nc);
  const config = {
    durable_name: "pusher",
    deliver_subject: "push.here",
    ack_policy: AckPolicy.Explicit,
    idle_heartbeat: nanos(500),
  };
  await jsm.consumers.add("ORDERS", config);
  const consumer = await jetstream(nc).consumers.getPushConsumer("ORDERS", "pusher");
  const seen: number[] = [];
  const messages = await consumer.consume({
    callback: (msg) => {
      seen.push(msg.seq);
      msg.ack();
    },
  });
  await until(
    () => seen.length === 10,
    () => `all ten pushed: ${seen}`,
  );
  const heartbeat = messages.status()[Symbol.asyncIterator]();
  expect((await heartbeat.next()).value).toMatchObject({ type: "heartbeat" });
  await messages.close();
}

/** Ordered consumers, pull and push; one of each is recreated in the middle, as after a gap. */
async function orders(nc: Connection): Promise<void> {
  const js = jetstream(nc);
  const jsm = await jetstreamManager(nc);
  const pull = await js.consumers.get("ORDERS", { deliver_policy: DeliverPolicy.All });
  const pulled: number[] = [];
  const messages = await pull.consume({ max_messages: 3 });
  (messages as unknown as { reset(): void }).reset();
  for await (const msg of messages) if (pulled.push(msg.seq) === 10) break;
  expect(pulled).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await messages.close();
  const push = await js.consumers.getPushConsumer("ORDERS");
  const pushed: number[] = [];
  const feed = await push.consume({ callback: (msg) => void pushed.push(msg.seq) });
  await until(
    () => pushed.length === 10,
    () => `all ten: ${pushed}`,
  );
  (feed as unknown as { reset(): void }).reset();
  await js.publish("orders.new", "11");
  await until(
    () => pushed.length === 11,
    () => `eleven: ${pushed}`,
  );
  expect(pushed).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  await feed.close();
  await jsm.streams.deleteMessage("ORDERS", 11);
}

/** Direct reads, single and in batches. */
async function reads(nc: Connection): Promise<void> {
  const jsm = await jetstreamManager(nc);
  expect((await jsm.streams.getMessage("ORDERS", { seq: 3 }))?.string()).toBe("3");
  expect((await jsm.direct.getMessage("ORDERS", { last_by_subj: "orders.new" }))?.seq).toBe(6);
  expect(await jsm.direct.getMessage("ORDERS", { seq: 99 })).toBeNull();
  const batch: number[] = [];
  for await (const msg of await jsm.direct.getBatch("ORDERS", { seq: 1, batch: 4 })) batch.push(msg.seq);
  expect(batch).toEqual([1, 2, 3, 4]);
  const last: string[] = [];
  const multi = { multi_last: ["orders.new", "orders.batch"] };
  for await (const msg of await jsm.direct.getLastMessagesFor("ORDERS", multi)) last.push(msg.string());
  expect(last.toSorted()).toEqual(["10", "6"]);
  expect((await jsm.streams.purge("ORDERS")).purged).toBe(10);
}
