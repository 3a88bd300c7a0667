import { afterEach, expect, test } from "vitest";
import { streamPublisher } from "../../../src/outbox/stream/stream-publisher.js";
import { FaultProxy, NatsCluster, type Toxic } from "../../../src/testing/index.js";
import { Cleanup } from "../../support/cleanup.js";
import { rejection, until } from "../../support/until.js";
import { addStream, connected, killLeader, oneServer, stored, texts } from "./world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

const ATOMIC = { allow_direct: true, allow_atomic: true };
const batchOf = (...payloads: string[]) => payloads.map((payload) => ({ subject: "s.a", payload }));

test("all of it, in order, between what was published before and after", async () => {
  const { nc, jsm } = await oneServer(cleanup, ATOMIC);
  const publisher = streamPublisher(nc, { stream: "S" });
  const before = texts(1, 20).map((text) => publisher.publish("s.a", text));
  const batch = publisher.publishBatch(batchOf(...texts(21, 120)));
  const after = texts(121, 130).map((text) => publisher.publish("s.a", text));
  expect(await batch).toMatchObject({
    stream: "S",
    seq: 120,
    count: 100,
    duplicate: false,
    batch: expect.any(String),
  });
  await Promise.all([...before, ...after]);
  expect(await stored(jsm)).toEqual(texts(1, 130));
  expect(await publisher.publishBatch(batchOf("131"))).toMatchObject({ seq: 131, count: 1 });
  const [message] = [await jsm.streams.getMessage("S", { seq: 50 })];
  expect(message?.header.has("Nats-Msg-Id")).toBe(true);
});

test("none of it, when one is refused; and where batches are not allowed", async () => {
  const { nc, jsm } = await oneServer(cleanup, { ...ATOMIC, max_msg_size: 300 });
  const publisher = streamPublisher(nc, { stream: "S" });
  const error = await rejection(publisher.publishBatch(batchOf("1", "x".repeat(1_000), "3")));
  expect(error).toMatchObject({ code: "STREAM_REFUSED", retryable: false, maybeDelivered: false });
  expect(error).toMatchObject({ apiCode: 10054 });
  await publisher.publish("s.a", "x", { msgID: "known" });
  const known = publisher.publishBatch([
    { subject: "s.a", payload: "1" },
    { subject: "s.a", msgID: "known" },
  ]);
  expect(await rejection(known)).toMatchObject({ apiCode: 10201, retryable: false, maybeDelivered: false });
  expect(await stored(jsm)).toEqual(["x"]);
  await jsm.streams.add({ name: "P", subjects: ["p.>"] });
  const plain = streamPublisher(nc, { stream: "P" });
  expect(await rejection(plain.publishBatch([{ subject: "p.a" }, { subject: "p.b" }]))).toMatchObject({
    apiCode: 10174,
    retryable: false,
    maybeDelivered: false,
  });
  const wrong: unknown[] = [
    [],
    undefined,
    [{}],
    [null],
    [{ subject: "s.a", payload: 7 }],
    [{ subject: "s.a", msgID: "" }],
  ];
  for (const given of [
    ...wrong,
    [
      { subject: "s.a", msgID: "1" },
      { subject: "s.a", msgID: "1" },
    ],
  ]) {
    const { code } = await rejection(publisher.publishBatch(given as never));
    expect(["INVALID_ARGUMENT", "INVALID_OPTION"]).toContain(code);
  }
  expect(publisher.stats()).toMatchObject({ pending: 0, pendingBytes: 0 });
});

test.each(["other.a", "elsewhere"].flatMap((strange) => [0, 1, 2].map((at) => [strange, at] as const)))(
  "one with a message to %s, as number %i, is given up, and holds up nobody",
  async (strange, at) => {
    const { nc, jsm } = await oneServer(cleanup, ATOMIC);
    await addStream(jsm, { name: "OTHER", subjects: ["other.>"], ...ATOMIC });
    const publisher = streamPublisher(nc, {
      stream: "S",
      retries: Number.POSITIVE_INFINITY,
      backoff: { initial: 1, max: 20 },
    });
    const batch = batchOf("1", "2", "3").map((message, index) =>
      index === at ? { ...message, subject: strange } : message,
    );
    const refused = rejection(publisher.publishBatch(batch));
    const behind = publisher.publish("s.a", "behind it");
    expect(await refused).toMatchObject({
      code: "NO_RESPONDERS",
      message: `stream "S" does not have the subject "${strange}"`,
      retryable: false,
      maybeDelivered: false,
    });
    await behind;
    expect(await stored(jsm)).toEqual(["behind it"]);
    expect(await stored(jsm, "OTHER")).toEqual([]);
  },
);

test("an answer that gets lost is found out about: once in the stream, or told", async () => {
  const { server, jsm } = await oneServer(cleanup, ATOMIC);
  const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
  const { nc } = await connected(cleanup, { servers: proxy.url });
  const publisher = streamPublisher(nc, {
    stream: "S",
    timeout: 2_000,
    backoff: { initial: 10, max: 50 },
    retries: 100,
  });
  await publisher.publish("s.a", "0");
  const seen = async (count: number) => {
    for (;;) if ((await jsm.streams.info("S")).state.messages >= count) return;
  };
  const lose = async <T>(count: number, work: () => Promise<T>): Promise<T> => {
    // The answer to the first message has to come: then the others follow. Lost is what comes behind it, the commit's.
    const { request } = nc;
    const lost = new Promise<Toxic>((resolve) => {
      nc.request = async (...args) => {
        nc.request = request;
        const answer = await request.apply(nc, args);
        resolve(proxy.addToxic({ type: "drop_line", verb: "MSG", stream: "downstream" }));
        return answer;
      };
    });
    const all = work();
    all.catch(() => {});
    await seen(count);
    proxy.reset();
    (await lost).remove();
    return all;
  };
  expect(await lose(4, () => publisher.publishBatch(batchOf("1", "2", "3")))).toMatchObject({
    seq: 4,
    count: 3,
    duplicate: true,
  });
  expect(await stored(jsm)).toEqual(texts(0, 3));
  const given = batchOf("4", "5").map((message, index) => ({ ...message, msgID: `id${index}` }));
  expect(await rejection(lose(6, () => publisher.publishBatch(given)))).toMatchObject({
    apiCode: 10201,
    maybeDelivered: true,
    retryable: false,
  });
  expect(await stored(jsm)).toEqual(texts(0, 5));
});

test("three replicas, their leader killed in the middle of batches: each whole, once", {
  timeout: 90_000,
}, async () => {
  const cluster = cleanup.use(await NatsCluster.start({ jetstream: true }));
  const { nc, jsm } = await connected(cleanup, { servers: cluster.urls });
  await addStream(jsm, { ...ATOMIC, num_replicas: 3 });
  const publisher = streamPublisher(nc, {
    stream: "S",
    timeout: 1_000,
    retries: 1_000,
    backoff: { initial: 10, max: 200 },
  });
  let count = 0;
  const all = Array.from({ length: 200 }, async (_, index) => {
    await publisher.publishBatch(batchOf(...texts(index * 10 + 1, index * 10 + 10)));
    count++;
  });
  for (const at of [20, 100]) {
    await until(() => count >= at, `${at} batches`, 30_000);
    const leader = await killLeader(cluster, jsm);
    await until(() => count >= at + 20, "batches by another leader", 30_000);
    await leader.restart();
    await cluster.settled();
  }
  await Promise.all(all);
  expect(await stored(jsm)).toEqual(texts(1, 2_000));
});
