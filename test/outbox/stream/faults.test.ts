import { afterEach, expect, test } from "vitest";
import type { StreamPublisherOptions } from "../../../src/outbox/stream/options.js";
import type { PubAck } from "../../../src/outbox/stream/pub-ack.js";
import { streamPublisher } from "../../../src/outbox/stream/stream-publisher.js";
import { FaultProxy, NatsCluster } from "../../../src/testing/index.js";
import { Cleanup } from "../../support/cleanup.js";
import { rejection, until } from "../../support/until.js";
import { addStream, connected, killLeader, oneServer, stored, texts, type World } from "./world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

const DIRECT = { allow_direct: true };
const PATIENT: StreamPublisherOptions = {
  stream: "S",
  retries: Number.POSITIVE_INFINITY,
  timeout: 1_000,
  backoff: { initial: 10, max: 200 },
  maxPending: 50_000,
};

/** Publishes texts, and tells how many have their PubAck. */
function publishing(world: World, wanted: readonly string[], options: StreamPublisherOptions = PATIENT) {
  const publisher = streamPublisher(world.nc, options);
  const acks: PubAck[] = [];
  let count = 0;
  const all = wanted.map(async (text, index) => {
    acks[index] = await publisher.publish("s.a", text);
    count++;
  });
  const done = Promise.all(all);
  // A test that fails before it gets there says why by itself.
  done.catch(() => {});
  return {
    publisher,
    acks,
    done,
    reached: (wanted: number) =>
      until(
        () => count >= wanted,
        () => `${wanted} acks, not ${count}`,
        60_000,
      ),
  };
}

/** Each text once, in order, where its PubAck says. */
async function expectWhole(
  { jsm }: World,
  wanted: readonly string[],
  acks: readonly PubAck[],
): Promise<void> {
  const found = await stored(jsm);
  expect(found.length).toBe(wanted.length);
  expect(found).toEqual(wanted);
  expect(acks.map(({ seq }) => wanted[seq - 1])).toEqual(wanted);
}

test.each([true, false])(
  "a link that is reset again and again: each message once (ordered: %s)",
  async (ordered) => {
    const { server, jsm } = await oneServer(cleanup, DIRECT);
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    const world = { ...(await connected(cleanup, { servers: proxy.url })), jsm };
    const wanted = texts(1, 20_000);
    const { publisher, done, acks, reached } = publishing(world, wanted, { ...PATIENT, ordered });
    for (const at of [100, 1_000, 4_000, 8_000, 12_000, 16_000]) {
      await reached(at);
      // What the server has sent is lost with the link: it has stored what nobody has heard of.
      proxy.reset();
    }
    await done;
    if (ordered) await expectWhole(world, wanted, acks);
    else expect([...(await stored(jsm))].sort((a, b) => Number(a) - Number(b))).toEqual(wanted);
    const stats = publisher.stats();
    expect(stats).toMatchObject({ acked: 20_000, failed: 0, pending: 0, outOfOrder: 0, pendingBytes: 0 });
    expect(stats.retried).toBeGreaterThan(0);
  },
);

test("acks that do not come back: what is stored already is not stored again, and the rest follows", async () => {
  const { server, jsm } = await oneServer(cleanup, DIRECT);
  const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
  const world = { ...(await connected(cleanup, { servers: proxy.url, pingInterval: 60_000 })), jsm };
  const first = publishing(world, texts(1, 10));
  await first.done;
  const lost = proxy.addToxic({ type: "drop_line", verb: "MSG", stream: "downstream" });
  const wanted = texts(11, 400);
  const second = publishing(world, wanted, { ...PATIENT, timeout: 300, window: 100 });
  await until(() => second.publisher.stats().retried > 0, "a try that has failed");
  lost.remove();
  await second.done;
  expect(await stored(jsm)).toEqual(texts(1, 400));
  expect(second.publisher.stats().duplicates).toBeGreaterThan(0);
  expect(second.publisher.stats().outOfOrder).toBe(0);
});

test("SIGKILL of the only server under a window: each message once, in order", async () => {
  const world = await oneServer(cleanup, DIRECT);
  const wanted = texts(1, 20_000);
  const { publisher, done, acks, reached } = publishing(world, wanted);
  for (const at of [500, 8_000, 15_000]) {
    await reached(at);
    await world.server.kill();
    await until(() => publisher.facts().state === "recovering", "it to notice");
    await world.server.restart();
  }
  await done;
  // What a killed server had acknowledged and not synced is in the page cache, which outlives it.
  await expectWhole(world, wanted, acks);
});

test("three replicas, leaders and then all nodes killed: each message once, in order", {
  timeout: 120_000,
}, async () => {
  const cluster = cleanup.use(await NatsCluster.start({ jetstream: true }));
  const world = await connected(cleanup, { servers: cluster.urls });
  await addStream(world.jsm, { ...DIRECT, num_replicas: 3 });
  const wanted = texts(1, 20_000);
  const { publisher, done, acks, reached } = publishing(world, wanted);
  for (const at of [1_000, 6_000]) {
    await reached(at);
    const leader = await killLeader(cluster, world.jsm);
    await reached(at + 1_000);
    await leader.restart();
    await cluster.settled();
  }
  await reached(12_000);
  await cluster.restartAll();
  await done;
  await expectWhole(world, wanted, acks);
  expect(publisher.stats()).toMatchObject({ failed: 0, outOfOrder: 0 });
});

test("a stream that is deleted and made anew: goes on, and nothing is reported stored that is not", async () => {
  const world = await oneServer(cleanup, DIRECT);
  // So many that there are some left when the stream is gone, however late the server gets to that.
  const { publisher, done, reached } = publishing(world, texts(1, 20_000));
  await reached(1_000);
  await world.jsm.streams.delete("S");
  await until(() => publisher.facts().state === "recovering", "it to notice");
  await addStream(world.jsm, DIRECT);
  await done;
  const found = (await stored(world.jsm)).map(Number);
  expect(found.at(-1)).toBe(20_000);
  expect(found).toEqual(
    Array.from({ length: found.length }, (_, index) => 20_000 - found.length + 1 + index),
  );
});

test("nothing is sent during an outage, and the first connection may come late", async () => {
  const { server, nc, jsm } = await oneServer(cleanup, DIRECT);
  const publisher = streamPublisher(nc, { stream: "S", retries: 1 });
  await server.kill();
  await until(() => nc.getServer() === "", "the outage");
  const all = texts(1, 50).map((text) => publisher.publish("s.a", text));
  expect(publisher.stats()).toMatchObject({ pending: 50, inFlight: 0 });
  await server.restart();
  expect((await Promise.all(all)).map(({ seq }) => seq)).toEqual(texts(1, 50).map(Number));
  expect(publisher.stats()).toMatchObject({ retried: 0 });
  expect(await stored(jsm)).toEqual(texts(1, 50));
});

test("the connection closes: what has no outcome is rejected, once", async () => {
  const { server, nc } = await oneServer(cleanup, DIRECT);
  const publisher = streamPublisher(nc, { stream: "S", window: 2, timeout: 60_000 });
  await publisher.publish("s.a", "0");
  server.stop();
  const all = texts(1, 5).map((text) => rejection(publisher.publish("s.a", text)));
  await until(() => publisher.stats().inFlight > 0, "messages on the way");
  await nc.close({ timeout: 1 });
  const errors = await Promise.all(all);
  expect(errors.map(({ code }) => code)).toEqual(Array(5).fill("CONNECTION_CLOSED"));
  expect(errors[0]).toMatchObject({ maybeDelivered: true, tries: 1 });
  expect(errors[4]).toMatchObject({ maybeDelivered: false, tries: 0 });
  expect(await rejection(publisher.publish("s.a", "late"))).toMatchObject({ code: "CONNECTION_CLOSED" });
  expect(publisher.stats()).toMatchObject({ published: 6, acked: 1, failed: 5, pending: 0, pendingBytes: 0 });
  expect(publisher.facts().state).toBe("stopped");
  server.cont();
});
