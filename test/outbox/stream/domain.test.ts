import { jetstreamManager } from "@nats-io/jetstream";
import { afterEach, expect, it } from "vitest";
import { connect, type NatsConnection } from "../../../src/index.js";
import { streamPublisher } from "../../../src/outbox/stream/stream-publisher.js";
import { Cleanup } from "../../support/cleanup.js";
import { until } from "../../support/until.js";
import { OutboxWorld } from "../world.js";

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

it("outbox and publisher ask the API of the domain", async () => {
  const world = cleanup.use(await OutboxWorld.make({ jetstream: true }));
  const watcher = world.cleanup.use(await connect({ servers: world.server.url }));
  const asked = new Set<string>();
  watcher.subscribe("$JS.hub.API.>", { callback: (_, msg) => asked.add(msg.subject) });
  watcher.subscribe("$JS.API.STREAM.INFO.*", { callback: (_, msg) => asked.add(msg.subject) });
  const jsm = await jetstreamManager(watcher as NatsConnection);
  await jsm.streams.add({ name: "S", subjects: ["s.>"] });
  const outbox = await world.open({ mode: "always", stream: "S", domain: "hub" });
  const nc = await world.connect(outbox);
  await until(() => asked.size > 0, "a question");
  const publisher = streamPublisher(nc, { stream: "P", domain: "hub", backoff: { initial: 1 } });
  const stray = publisher.publish("nowhere", "");
  await until(() => asked.size > 1, "another question");
  expect([...asked].sort()).toEqual(["$JS.hub.API.STREAM.INFO.P", "$JS.hub.API.STREAM.INFO.S"]);
  stray.catch(() => {});
  await publisher.stop({ timeout: 0 });
});
