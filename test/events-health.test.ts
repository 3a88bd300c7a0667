import { describe, expect, it } from "vitest";
import { connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { Cleanup } from "./support/cleanup.js";
import { deadUrl } from "./support/fake-server.js";
import { cutLinks } from "./support/inside.js";
import { Outage } from "./support/outage.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

describe("nc.health() [L4]", () => {
  it("connected: healthy, with everything that is known [parity 23]", async () => {
    await using server = await NatsServer.start();
    const before = Date.now();
    await using nc = await connect({ servers: server.url });
    const health = nc.health();
    expect(health).toEqual({
      status: "healthy",
      connected: true,
      state: "connected",
      accepting: true,
      server: server.hostport,
      reconnectAttempts: 0,
      reconnectCount: 0,
      lastConnectedAt: expect.any(Number),
      lastDisconnectedAt: undefined,
      lastError: undefined,
      lastCause: undefined,
      buffer: nc.buffered,
      rtt: expect.toSatisfy((rtt) => rtt === undefined || (rtt > 0 && rtt < 10_000)),
      stats: nc.stats(),
    });
    expect(health.lastConnectedAt).toBeGreaterThan(before - 1_000);
    expect(health.lastConnectedAt).toBeLessThan(Date.now() + 1_000);
    const rtt = await nc.rtt();
    expect(nc.health().rtt).toBeCloseTo(rtt, 0);
    expect(() => JSON.stringify(nc.health())).not.toThrow();
  });

  it("while a close waits for a server that hangs: connected, and no longer healthy, for nothing more is accepted", async () => {
    await using outage = await Outage.prepare();
    const { nc, server } = outage;
    await server.stop();
    nc.publish("a", "1");
    const closed = nc.close();
    expect(nc.health()).toMatchObject({ connected: true, accepting: false, status: "unhealthy" });
    expect(() => nc.publish("a", "2")).toThrow(expect.objectContaining({ code: "CONNECTION_DRAINING" }));
    await closed;
    expect(nc.health()).toMatchObject({ state: "closed", accepting: false });
  });

  it("in an outage: unhealthy, with attempts, buffer, error and cause; healthy again behind it [parity 41]", async () => {
    await using outage = await Outage.prepare({ reconnectBufSize: 1_000 });
    const { nc } = outage;
    const first = nc.health();
    await outage.begin();
    publishNumbers(nc, "a", 0, 10);
    // Those that come too early still meet the dying server's socket.
    const refused = () => nc.health().lastCause?.kind === "refused";
    await until(() => nc.health().reconnectAttempts > 2 && refused(), "attempts");
    const health = nc.health();
    expect(health).toMatchObject({
      status: "unhealthy",
      connected: false,
      state: "reconnecting",
      server: "",
      reconnectCount: 0,
      lastConnectedAt: first.lastConnectedAt,
      rtt: undefined,
      lastCause: { kind: "refused" },
      buffer: { messages: 10, limit: 1_000 },
      stats: { pending: 10 },
    });
    expect(health.lastError).toBe(nc.lastError?.message);
    expect(health.lastDisconnectedAt).toBeGreaterThanOrEqual(first.lastConnectedAt!);
    await outage.end();
    const again = nc.health();
    expect(again).toMatchObject({
      status: "healthy",
      server: outage.server.hostport,
      reconnectAttempts: 0,
      reconnectCount: 1,
      lastDisconnectedAt: health.lastDisconnectedAt,
      buffer: { messages: 0 },
    });
    expect(again.lastConnectedAt).toBeGreaterThanOrEqual(again.lastDisconnectedAt!);
    expect(again.rtt).toBeGreaterThan(0);
  });

  it("before the first connect: unhealthy, with the attempts so far", async () => {
    const servers = await deadUrl();
    const options = { retryOnFailedConnect: true, reconnectTimeWait: 5, closeTimeout: 1 };
    await using nc = await connect({ servers, ...options });
    await until(() => nc.health().reconnectAttempts > 2, "attempts");
    expect(nc.health()).toMatchObject({
      status: "unhealthy",
      connected: false,
      state: "reconnecting",
      server: "",
      reconnectCount: 0,
      lastConnectedAt: undefined,
      lastDisconnectedAt: undefined,
      lastCause: { kind: "refused" },
    });
  });

  it("draining, and closed: unhealthy", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url }));
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let called = false;
    nc.subscribe("a", {
      callback: () => {
        called = true;
        return held;
      },
    });
    nc.publish("a");
    await until(() => called, "the message");
    const drained = nc.drain();
    expect(nc.health()).toMatchObject({ status: "unhealthy", connected: true, state: "draining" });
    expect(nc.health().server).toBe(server.hostport);
    release();
    await drained;
    expect(nc.health()).toMatchObject({
      status: "unhealthy",
      connected: false,
      state: "closed",
      server: "",
      rtt: undefined,
      buffer: { messages: 0, bytes: 0 },
    });
  });

  it("is a snapshot: later changes and the caller's do not touch it", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    const before = nc.health();
    const copy = structuredClone(before);
    await nc.publishConfirmed("a", "1");
    cutLinks(nc);
    await until(() => nc.health().reconnectCount === 1, "the reconnect");
    expect(before).toEqual(copy);
    (nc.health().stats as { accepted: number }).accepted = 99;
    expect(nc.stats().accepted).toBe(1);
  });
});
