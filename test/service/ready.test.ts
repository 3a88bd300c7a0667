import { describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { consume, handle } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { expectNoProblems } from "../support/problems.js";
import { rejection, until } from "../support/until.js";
import { client, ORDERS, world } from "./consume-world.js";
import { ALL, LIMITED, users } from "./limited-user.js";

expectNoProblems();

describe("handle().ready()", () => {
  it("resolves when what others publish comes here", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url }));
    const other = cleanup.use(await connect({ servers: server.url }));
    for (let round = 0; round < 50; round++) {
      const handler = handle(nc, `work.${round}`, (n: number) => n + 1);
      await handler.ready();
      expect((await other.request(`work.${round}`, String(round))).json()).toBe(round + 1);
      await handler.stop();
    }
  });

  it("rejects when the server refuses the subscription, also one that is asked for again", async () => {
    await using cleanup = new Cleanup();
    const config = users('{ subscribe: { deny: ["secret.>"] } }');
    const server = cleanup.use(await NatsServer.start({ config }));
    const nc = cleanup.use(await connect({ servers: server.url, ...LIMITED }));
    nc.on("error", () => {});
    const ended = handle(nc, "secret.a", () => {});
    expect(await rejection(ended.ready())).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    await ended.closed;
    expect(await rejection(ended.ready())).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    const patient = handle(nc, "secret.b", () => {}, { resubscribeOnPermission: true });
    expect(await rejection(patient.ready())).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    const allowed = handle(nc, "open", () => {});
    await allowed.ready();
  });

  it("waits for a link, for as long as it is told to; a link that allows what was refused is ready", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(
      await NatsServer.start({ config: users('{ subscribe: { deny: ["secret.>"] } }') }),
    );
    const nc = cleanup.use(
      await connect({ servers: server.url, ...LIMITED, backoff: { initial: 20, max: 50 } }),
    );
    nc.on("error", () => {});
    const handler = handle(nc, "secret.a", () => {}, { resubscribeOnPermission: true });
    expect(await rejection(handler.ready())).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    await server.reload({ config: users('{ subscribe: { deny: ["other"] } }') });
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    expect(await rejection(handler.ready({ timeout: 20 }))).toMatchObject({ code: "TIMEOUT" });
    const ready = handler.ready();
    await server.restart();
    await ready;
    expect(handler.facts().failing).toBeUndefined();
  });

  it("rejects when the server has no room for the subscription", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ config: "max_subscriptions: 2" }));
    const nc = cleanup.use(await connect({ servers: server.url }));
    nc.on("error", () => {});
    await handle(nc, "a", () => {}).ready();
    await handle(nc, "b", () => {}).ready();
    expect(await rejection(handle(nc, "c", () => {}).ready())).toMatchObject({
      code: "MAX_SUBSCRIPTIONS_EXCEEDED",
    });
  });

  it("rejects when it is stopped meanwhile, and when it has no time at all", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, backoff: { initial: 20, max: 50 } }));
    const handler = handle(nc, "a", () => {});
    await handler.ready();
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    expect(await rejection(handler.ready({ timeout: 0 }))).toMatchObject({ code: "TIMEOUT" });
    const waiting = rejection(handler.ready({ timeout: 600_000 }));
    void handler.stop();
    expect(await waiting).toMatchObject({ code: "INVALID_OPERATION" });
  });

  it("rejects when there is nothing to be ready any more; nobody has to await that", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, backoff: { initial: 20, max: 50 } }));
    const stopped = handle(nc, "a", () => {});
    await stopped.stop();
    expect(await rejection(stopped.ready())).toMatchObject({ code: "INVALID_OPERATION" });
    const handler = handle(nc, "b", () => {});
    expect(await rejection(handler.ready({ timeout: "1 s" as never }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "timeout",
    });
    await handler.ready();
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    const waiting = rejection(handler.ready());
    void handler.ready();
    await nc.close();
    expect(await waiting).toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(await rejection(handler.ready())).toMatchObject({ code: "CONNECTION_CLOSED" });
  });
});

describe("consume().ready()", () => {
  const denied = users('{ publish: { deny: ["$JS.API.CONSUMER.INFO.>"] } }');

  async function limited(cleanup: Cleanup): Promise<{ server: NatsServer; nc: Connection }> {
    const server = cleanup.use(await NatsServer.start({ jetstream: true, config: denied }));
    const all = await client(cleanup, { servers: server.url, ...ALL });
    await all.jsm.streams.add({ name: ORDERS.stream, subjects: ["orders.*"] });
    await all.jsm.consumers.add(ORDERS.stream, { durable_name: ORDERS.durable, ack_policy: "explicit" });
    const { nc } = await client(cleanup, { servers: server.url, ...LIMITED });
    return { server, nc };
  }

  it("rejects at once, and says why, when the server refuses; it goes on when that is mended", async () => {
    await using cleanup = new Cleanup();
    const { server, nc } = await limited(cleanup);
    const { stream, durable } = ORDERS;
    const consumption = await consume(nc, { stream, durable }, () => {});
    const late = { timeout: 600_000 };
    for (let round = 0; round < 2; round++) {
      const error = await rejection(consumption.ready(late));
      expect(error).toMatchObject({ code: "CONSUMER_FAILED", cause: { code: "PERMISSIONS_VIOLATION" } });
    }
    await server.reload({ config: users('{ publish: { deny: ["other"] } }') });
    await until(() => consumption.state === "consuming", "that it consumes");
    await consumption.ready(late);
  });

  it("resolves when the server has answered a pull", async () => {
    await using cleanup = new Cleanup();
    const { nc, jsm } = await world(cleanup);
    const consumption = await consume(nc, ORDERS, () => {});
    await consumption.ready();
    expect((await jsm.consumers.info(ORDERS.stream, ORDERS.durable)).num_waiting).toBeGreaterThan(0);
  });

  it("rejects when the connection is closed, or it is stopped; nobody has to await that", async () => {
    await using cleanup = new Cleanup();
    const { nc } = await world(cleanup);
    const { stream } = ORDERS;
    const first = await consume(nc, { stream, durable: "first" }, () => {});
    const stopped = rejection(first.ready());
    await first.stop();
    expect(await stopped).toMatchObject({ code: "INVALID_OPERATION" });
    const second = await consume(nc, { stream, durable: "second" }, () => {});
    const waiting = rejection(second.ready());
    void second.ready();
    await nc.close();
    expect(await waiting).toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(await rejection(second.ready())).toMatchObject({ code: "CONNECTION_CLOSED" });
  });
});
