import { afterAll, beforeAll, describe, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { exerciseJetStream } from "./jetstream-exercise.js";
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

describe("the official packages on a connection of ours", () => {
  it("@nats-io/jetstream", () => exerciseJetStream(nc));

  it("@nats-io/kv", () => exerciseKv(nc));

  it("@nats-io/obj", () => exerciseObjects(nc));

  it("@nats-io/services, which brings an older nats-core along", () => exerciseServices(nc));
});
