import { type JetStreamManager, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Connection, connect, headers } from "../../src/index.js";
import type { DiskOutbox } from "../../src/outbox/disk-outbox.js";
import { streamPublisher } from "../../src/outbox/index.js";
import { rejection, until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

let world: OutboxWorld;
let jsm: JetStreamManager;
beforeEach(async () => {
  world = await OutboxWorld.make({ jetstream: true, maxPayload: 64 * 1024 * 1024 });
  const nc = world.cleanup.use(await connect({ servers: world.server.url }));
  jsm = await jetstreamManager(nc, { checkAPI: false });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

async function into(config: Partial<StreamConfig>): Promise<[Connection, DiskOutbox, { reason: string }[]]> {
  await jsm.streams.add({ name: "S", subjects: ["s.>"], ...config } as StreamConfig);
  const outbox = await world.open({ mode: "always", stream: "S" });
  const parked: { reason: string }[] = [];
  outbox.on("parked", (told) => parked.push(told));
  return [await world.connect(outbox), outbox, parked];
}

function rollup(what: string) {
  const given = headers();
  given.set("Nats-Rollup", what);
  return { headers: given };
}

it("parks a message with a rollup that the stream does not allow, and what is behind it goes on", async () => {
  const [nc, outbox, parked] = await into({});
  const refused = rejection(nc.publishConfirmed("s.a", "1", rollup("all")));
  await nc.publishConfirmed("s.a", "2");
  expect(await refused).toMatchObject({ code: "STREAM_REFUSED" });
  expect(parked).toMatchObject([{ reason: expect.stringContaining("rollup not permitted") }]);
  expectOutboxBalanced(outbox);
});

it("a stream publisher does not try such a message again", async () => {
  await jsm.streams.add({ name: "S", subjects: ["s.>"] });
  const nc = world.cleanup.use(await connect({ servers: world.server.url }));
  const publisher = streamPublisher(nc, { stream: "S", retries: Number.POSITIVE_INFINITY });
  const refused = rejection(publisher.publish("s.a", "1", rollup("sub")));
  const { seq } = await publisher.publish("s.a", "2");
  expect(await refused).toMatchObject({ code: "STREAM_REFUSED", apiCode: 10111, retryable: false, tries: 1 });
  expect(seq).toBe(1);
});

it("parks a message that is larger than a file of the server takes, whatever its max_payload is", async () => {
  const [nc, outbox, parked] = await into({ storage: "file" as StreamConfig["storage"] });
  const refused = rejection(nc.publishConfirmed("s.a", Buffer.alloc(40 * 1024 * 1024)));
  await nc.publishConfirmed("s.a", "2");
  expect(await refused).toMatchObject({ code: "STREAM_REFUSED" });
  expect(parked).toHaveLength(1);
  expectOutboxBalanced(outbox);
});

it("parks what it should send into a mirror, which has no subjects", async () => {
  await jsm.streams.add({ name: "O", subjects: ["o.>"] });
  const [nc, outbox, parked] = await into({ mirror: { name: "O" }, subjects: undefined });
  const refused = [rejection(nc.publishConfirmed("o.a")), rejection(nc.publishConfirmed("t.a"))];
  await Promise.all(refused);
  expect(parked).toHaveLength(2);
  expect((await jsm.streams.info("O")).state.messages).toBe(0);
  expectOutboxBalanced(outbox);
});

it("does not send again and again into a stream that acknowledges nothing, and goes on when it does", async () => {
  const [nc, outbox] = await into({ no_ack: true, duplicate_window: 100e6 });
  const errors: Error[] = [];
  outbox.on("error", (error) => errors.push(error));
  await Promise.all(["1", "2", "3"].map((payload) => nc.publishDurable("s.a", payload)));
  await until(() => errors.length > 0, "the error");
  expect(errors).toMatchObject([{ code: "STREAM_REFUSED", message: expect.stringContaining("(no_ack)") }]);
  // Longer than a try waits for its answer.
  await until(() => outbox.stats().oldestAge > 6_000, "another try", 20_000);
  expect((await jsm.streams.info("S")).state.messages).toBeLessThan(2);
  await jsm.streams.update("S", { no_ack: false });
  await outbox.empty({ timeout: 20_000 });
  expect(outbox.stats()).toMatchObject({ confirmed: 3, messages: 0 });
  expect(errors).toHaveLength(1);
  expectOutboxBalanced(outbox);
}, 60_000);
