import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { policy, request } from "../../src/service/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { answered } from "../support/answered.js";
import { connectAtFirst } from "../support/at-first.js";
import { expectBalanced } from "../support/books.js";
import { rejection, until } from "../support/until.js";

/** Longer than any test may take. */
const LONG = 60_000;
const QUICK = { backoff: { initial: 20, jitter: 0 } };

describe("a server that is killed in the middle of a request", () => {
  let cluster: NatsCluster;
  let service: Connection;
  let nc: Connection;
  /** What has come to the service; it answers what comes again. */
  let handled: string[];
  beforeEach(async () => {
    cluster = await NatsCluster.start({ size: 2 });
    const [first, second] = cluster.urls;
    service = await connect({ servers: second, ignoreClusterUpdates: true });
    handled = [];
    service.subscribe("orders.*", {
      callback: (_, msg) => {
        const text = msg.string();
        if (handled.includes(text)) msg.respond(text);
        handled.push(text);
      },
    });
    service.subscribe("there?", { callback: (_, msg) => msg.respond() });
    await service.flush();
    const options = { ignoreClusterUpdates: true, reconnectTimeWait: 5, reconnectJitter: 0 };
    nc = await connectAtFirst([first, second], options);
    await answered(nc, "there?");
  });
  afterEach(async () => {
    expectBalanced(nc);
    await Promise.all([nc.close(), service.close()]);
    await cluster.close();
  });

  async function lose(): Promise<void> {
    await cluster.servers[0].kill();
    await until(() => nc.state === "connected", "the move to the other server");
  }

  it("is not sent again: the service may have got it, and has handled it once", async () => {
    const by = policy({ retry: QUICK, timeout: LONG });
    const asked = rejection(request(nc, "orders.1", 1, by));
    await until(() => handled.length === 1, "the request");
    await lose();
    expect(await asked).toMatchObject({ code: "CONNECTION_LOST", maybeDelivered: true });
    await answered(nc, "there?");
    await nc.flush();
    await service.flush();
    expect(handled).toEqual(["1"]);
    expect(by.counts).toMatchObject({ calls: 1, retried: 0, failed: 1 });
  });

  it("is sent again when it is idempotent, and answered by way of the other server", async () => {
    const by = policy({ retry: QUICK, idempotent: true, timeout: LONG });
    const asked = request(nc, "orders.1", 1, by);
    await until(() => handled.length === 1, "the request");
    await lose();
    expect(await asked).toBe(1);
    expect(handled).toEqual(["1", "1"]);
    expect(by.counts).toMatchObject({ calls: 1, retried: 1, failed: 0 });
  });

  it("what one lost link has ended is one failure for the breaker, however many requests it were", async () => {
    const by = policy({ retry: false, timeout: LONG, breaker: { failures: 2 } });
    const asked = Array.from({ length: 20 }, (_, i) => rejection(request(nc, `orders.${i}`, i, by)));
    await until(() => handled.length === 20, "the requests");
    await lose();
    for (const error of await Promise.all(asked)) expect(error.code).toBe("CONNECTION_LOST");
    expect(by.breakers).toMatchObject([{ subject: "orders.{id}", state: "closed" }]);
    expect(await request(nc, "orders.1", 1, by)).toBe(1);
  });
});

describe("an outage", () => {
  let server: NatsServer;
  let service: Connection;
  let nc: Connection;
  let handled: number;
  const open = (more: ConnectionOptions = {}) =>
    connect({ servers: server.url, reconnectTimeWait: 5, reconnectJitter: 0, ...more });
  beforeEach(async () => {
    server = await NatsServer.start();
    [nc, service] = await Promise.all([open(), open()]);
    handled = 0;
    service.subscribe("echo", {
      callback: (_, msg) => {
        handled++;
        msg.respond(msg.data);
      },
    });
    await service.flush();
  });
  afterEach(async () => {
    expectBalanced(nc);
    await Promise.all([nc.close(), service.close()]);
    await server.close();
  });

  it("a request waits for the link, and is tried again while the service is not back yet", async () => {
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    const asked = request(nc, "echo", "hello", {
      timeout: LONG,
      retry: { retries: 1000, backoff: { max: 20 } },
    });
    await server.restart();
    expect(await asked).toBe("hello");
    expect(handled).toBe(1);
  });

  it("a breaker that it has opened lets a call through when the link is back, long before its time", async () => {
    const by = policy({ retry: false, timeout: 20, breaker: { failures: 2, halfOpenAfter: LONG } });
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    for (let i = 0; i < 2; i++) expect((await rejection(request(nc, "echo", i, by))).code).toBe("TIMEOUT");
    expect((await rejection(request(nc, "echo", 3, by))).code).toBe("CIRCUIT_OPEN");
    expect(by.breakers).toMatchObject([{ state: "open" }]);
    await server.restart();
    await until(() => nc.state === "connected" && service.state === "connected", "both are back");
    await service.flush();
    expect(await request(nc, "echo", 4, by, { timeout: LONG })).toBe(4);
    expect(by.breakers).toMatchObject([{ state: "closed" }]);
  });

  it("hedges nothing while there is no link: both would wait for the same", async () => {
    const by = policy({
      idempotent: true,
      timeout: LONG,
      hedge: { after: 5 },
      retry: { retries: 1000, backoff: { max: 20 } },
    });
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    const asked = request(nc, "echo", "hello", by);
    const other = rejection(request(nc, "echo", "late", by, { timeout: 60, totalTimeout: 60 }));
    expect((await other).code).toBe("TIMEOUT");
    expect(by.counts.hedged).toBe(0);
    await server.restart();
    expect(await asked).toBe("hello");
  });

  it("a frozen server: the request ends in time, and later ones are answered", async () => {
    await nc.close();
    nc = await open({ stallTimeout: 300 }); // no other one here: a busy machine keeps it waiting for so long as well
    const by = policy({ timeout: 100, retry: { retries: 3, backoff: { initial: 10, max: 10 } } });
    server.stop();
    const error = await rejection(request(nc, "echo", 1, by));
    expect(error.code).toMatch(/^(TIMEOUT|CONNECTION_LOST)$/);
    expect(by.counts.retried).toBe(0);
    server.cont();
    await until(() => nc.state === "connected" && service.state === "connected", "both are back");
    await service.flush();
    expect(await request(nc, "echo", 2, by, { timeout: LONG })).toBe(2);
  });

  it("closing the connection ends the wait between tries at once", async () => {
    const by = policy({ retry: { backoff: { initial: LONG, max: LONG } } });
    const asked = rejection(request(nc, "nobody", 1, by));
    const other = rejection(request(nc, "nobody", 1, { retry: { backoff: { initial: LONG, max: LONG } } }));
    const executed = rejection(
      by.execute(() => Promise.reject(Object.assign(new Error("down"), { retryable: true })), {
        connection: nc,
      }),
    );
    await until(() => by.counts.retried === 2, "the waits");
    await nc.flush();
    await nc.close();
    expect((await asked).code).toBe("CONNECTION_CLOSED");
    expect((await other).code).toBe("CONNECTION_CLOSED");
    expect((await executed).message).toBe("down");
  });

  it("drain() waits for the answers of a policy's requests that are under way", async () => {
    let respond: (() => void) | undefined;
    service.subscribe("slow", {
      callback: (_, msg) => {
        respond ??= () => msg.respond("1");
        handled++;
      },
    });
    await service.flush();
    const asked = request(nc, "slow", 1, policy({ timeout: LONG }));
    await until(() => handled === 1, "the request");
    let isDrained = false;
    const drained = nc.drain().then(() => {
      isDrained = true;
    });
    const other = await connect({ servers: server.url });
    const plain = rejection(other.request("slow", "", { timeout: LONG }));
    await until(() => handled === 2, "the request of a connection without a policy");
    await other.drain();
    expect((await plain).code).toBe("CONNECTION_CLOSED");
    expect(isDrained).toBe(false);
    respond?.();
    expect(await asked).toBe(1);
    await drained;
    expect(nc.components).toEqual([]);
  });
});
