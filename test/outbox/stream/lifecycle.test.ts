import { afterEach, expect, test } from "vitest";
import { streamPublisher } from "../../../src/outbox/stream/stream-publisher.js";
import { Cleanup } from "../../support/cleanup.js";
import { rejection, until } from "../../support/until.js";
import { oneServer, stored, texts } from "./world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

const DIRECT = { allow_direct: true };

test("nc.drain() waits for every PubAck", async () => {
  const { nc, jsm } = await oneServer(cleanup, DIRECT);
  const publisher = streamPublisher(nc, { stream: "S", window: 4 });
  const all = texts(1, 500).map((text) => publisher.publish("s.a", text));
  expect(nc.components).toContain(publisher);
  await nc.drain();
  expect((await Promise.all(all)).length).toBe(500);
  expect(await stored(jsm)).toEqual(texts(1, 500));
  expect(nc.components).not.toContain(publisher);
});

test("stop() takes no more, and waits; with a timeout, not for ever", async () => {
  const { nc, server, jsm } = await oneServer(cleanup, DIRECT);
  const first = streamPublisher(nc, { stream: "S" });
  const all = texts(1, 100).map((text) => first.publish("s.a", text));
  const stopped = first.stop();
  expect(await rejection(first.publish("s.a", "late"))).toMatchObject({ code: "INVALID_OPERATION" });
  expect(first.facts().state).toBe("stopping");
  await stopped;
  await Promise.all(all);
  expect(first.facts().state).toBe("stopped");
  expect(await stored(jsm)).toEqual(texts(1, 100));
  const second = streamPublisher(nc, { stream: "S", window: 1 });
  server.stop();
  const left = [second.publish("s.a", "a"), second.publish("s.a", "b")].map((one) => rejection(one));
  await until(() => second.stats().inFlight === 1, "one on the way");
  await second.stop({ timeout: 20 });
  expect(await Promise.all(left)).toMatchObject([
    { code: "TIMEOUT", maybeDelivered: true, retryable: true },
    { code: "TIMEOUT", maybeDelivered: false },
  ]);
  expect(second.stats()).toMatchObject({ failed: 2, pending: 0 });
  server.cont();
  await second.stop();
});

test("stop() says of a message that was refused for the moment that the stream does not have it", async () => {
  const { nc } = await oneServer(cleanup, { ...DIRECT, max_msgs: 1, discard: "new" as never });
  const publisher = streamPublisher(nc, { stream: "S", backoff: { initial: 60_000, max: 60_000 } });
  await publisher.publish("s.a", "1");
  const refused = rejection(publisher.publish("s.a", "2"));
  await until(() => publisher.stats().retried === 1, "a refusal");
  await publisher.stop({ timeout: 0 });
  expect(await refused).toMatchObject({ code: "TIMEOUT", tries: 1, maybeDelivered: false });
});

test("flush() waits for what was published before it, whatever comes of it", async () => {
  const { nc, server } = await oneServer(cleanup, { ...DIRECT, max_msg_size: 150 });
  const publisher = streamPublisher(nc, { stream: "S" });
  await publisher.flush();
  let settled = 0;
  const count = () => settled++;
  for (const text of ["1", "x".repeat(200), "3"]) publisher.publish("s.a", text).then(count, count);
  await publisher.flush();
  expect(publisher.stats()).toMatchObject({ acked: 2, failed: 1, pending: 0 });
  expect(settled).toBe(3);
  server.stop();
  const left = publisher.publish("s.a", "4");
  expect(await rejection(publisher.flush({ timeout: 20 }))).toMatchObject({ code: "TIMEOUT" });
  server.cont();
  expect(await left).toMatchObject({ duplicate: false });
});

test("a full publisher refuses, and writable() tells when it takes more", async () => {
  const { nc, server } = await oneServer(cleanup, DIRECT);
  const publisher = streamPublisher(nc, { stream: "S", maxPending: 10, maxPendingBytes: 1_000 });
  await publisher.writable();
  server.stop();
  const all = texts(1, 10).map((text) => publisher.publish("s.a", text));
  expect(await rejection(publisher.publish("s.a", "11"))).toMatchObject({
    code: "BUFFER_FULL",
    retryable: true,
  });
  let isWritable = false;
  const writable = publisher.writable().then(() => {
    isWritable = true;
  });
  await new Promise(setImmediate);
  expect(isWritable).toBe(false);
  server.cont();
  await writable;
  expect(publisher.stats().pending).toBeLessThanOrEqual(5);
  await Promise.all(all);
  // One that is larger than all that may be pending goes by itself.
  server.stop();
  const large = publisher.publish("s.a", "x".repeat(5_000));
  expect(await rejection(publisher.publish("s.a", "y"))).toMatchObject({ code: "BUFFER_FULL" });
  server.cont();
  await large;
});

test("a rejection that nobody awaits harms nobody; facts tell of it", async () => {
  const { nc } = await oneServer(cleanup, { ...DIRECT, max_msg_size: 100 });
  const publisher = streamPublisher(nc, { stream: "S" });
  void publisher.publish("s.a", "x".repeat(200));
  await publisher.flush();
  const facts = publisher.facts();
  expect(facts).toMatchObject({
    kind: "publisher",
    name: "S",
    stream: "S",
    failed: 1,
    acked: 0,
    inFlight: 0,
    waiting: 0,
  });
  expect(facts.lastError?.message).toContain("10054");
  expect(facts.lastError?.message).not.toContain("xxx");
});
