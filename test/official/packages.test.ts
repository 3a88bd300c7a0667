import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { exerciseJetStream } from "./jetstream-exercise.js";
import { svcm } from "./older-core.js";
import { exerciseServices } from "./services-exercise.js";
import { exerciseKv, exerciseObjects } from "./stores-exercise.js";

let server: NatsServer;
let nc: Connection;
beforeAll(async () => {
  server = await NatsServer.start({ jetstream: true });
  nc = await connect({ servers: server.url });
});
afterAll(async () => {
  await nc?.close();
  await server?.close();
});

describe("the official packages on a connection of ours [J1]", () => {
  it("@nats-io/jetstream", () => exerciseJetStream(nc));

  it("@nats-io/kv", () => exerciseKv(nc));

  it("@nats-io/obj", () => exerciseObjects(nc));

  it("@nats-io/services, which brings an older nats-core along", () => exerciseServices(nc));
});

describe.each(["close", "drain"] as const)(
  "when the connection ends by %s(), what they have open ends too",
  (end) => {
    it("consumers, watches, ordered consumers, services", async () => {
      const own = await connect({ servers: server.url });
      const name = `ENDS_${end}`;
      const jsm = await jetstreamManager(own);
      await jsm.streams.add({ name, subjects: [name] });
      await jsm.consumers.add(name, { durable_name: "worker", ack_policy: "explicit" });
      const js = jetstream(own);
      const pulled = await (await js.consumers.get(name, "worker")).consume();
      const ordered = await (await js.consumers.get(name)).consume();
      const pushed = await (await js.consumers.getPushConsumer(name)).consume({ callback: () => {} });
      const watch = await (await new Kvm(own).create(name)).watch();
      const service = await svcm(own).add({ name: "calc", version: "1.0.0" });
      const all = async (iterator: AsyncIterable<unknown>) => {
        let count = 0;
        for await (const _ of iterator) count++;
        return count;
      };
      const ended = Promise.all([
        all(pulled),
        all(ordered),
        pushed.closed(),
        all(watch),
        service.stopped.then(() => "stopped"),
      ]);
      await own[end]();
      expect(await ended).toEqual([0, 0, undefined, 0, "stopped"]);
      expect(own.isClosed()).toBe(true);
    });
  },
);
