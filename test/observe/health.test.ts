import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { healthHandler } from "../../src/observe/health/handler.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { deadUrl } from "../support/fake-server.js";
import { Outage } from "../support/outage.js";
import { until } from "../support/until.js";
import { askJson, Hosted } from "./ask.js";

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("health endpoints [L4, H1]", () => {
  it("connected: 200 everywhere, with everything that is known", async () => {
    await using outage = await Outage.prepare();
    const { nc, server } = outage;
    await using http = await Hosted.start(healthHandler(nc));
    for (const path of ["/health", "/healthz"]) {
      expect(await askJson(http.url, path)).toMatchObject({
        status: 200,
        body: {
          status: "healthy",
          connected: true,
          state: "connected",
          server: server.hostport,
          lastConnectedAt: expect.stringMatching(ISO),
          lastDisconnectedAt: null,
          reconnectCount: 0,
          reconnectAttempts: 0,
          rtt: expect.any(Number),
          buffer: { messages: 0, ratio: 0 },
          lastError: null,
          stats: { accepted: 0, confirmed: 0, inMsgs: 0 },
        },
      });
    }
    for (const path of ["/health/ready", "/readyz", "/health/ready/?verbose"]) {
      expect((await askJson(http.url, path)).body).toEqual({
        status: "ready",
        connected: true,
        state: "connected",
        server: server.hostport,
        outage: 0,
        buffer: { messages: 0, bytes: 0, limit: 64 * 2 ** 20, ratio: 0, oldestAge: 0 },
      });
    }
    for (const path of ["/health/live", "/livez"])
      expect(await askJson(http.url, path)).toMatchObject({ status: 200, body: { status: "live" } });
    expect(await askJson(http.url, "/health/nats")).toMatchObject({
      status: 200,
      body: {
        status: "healthy",
        connected: true,
        server: server.hostport,
        rtt: expect.any(Number),
        stats: { inMsgs: 0, outMsgs: 0, inBytes: 0, outBytes: 0 },
      },
    });
  });

  it("in an outage: live, ready within the grace period, unhealthy with the cause; well again behind it", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    await using lenient = await Hosted.start(healthHandler(nc, { readiness: { grace: 60_000 } }));
    await using strict = await Hosted.start(healthHandler(nc, { readiness: { mode: "strict" } }));
    await using impatient = await Hosted.start(healthHandler(nc, { readiness: { grace: 1 } }));
    await outage.begin();
    await until(() => nc.health().lastCause?.kind === "refused", "a refused attempt");
    const cause = {
      kind: "refused",
      code: "CONNECTION_REFUSED",
      message: expect.stringContaining("ECONNREFUSED"),
      advice: expect.arrayContaining([expect.stringContaining("waitOnFirstConnect")]),
      docs: "docs/causes/refused.md",
    };
    const facts = { connected: false, state: "reconnecting", server: "" };

    expect(await askJson(lenient.url, "/health/live")).toMatchObject({
      status: 200,
      body: { status: "live" },
    });
    const ready = await askJson(lenient.url, "/health/ready");
    expect(ready).toMatchObject({ status: 200, body: { ...facts, status: "ready", cause } });
    expect(ready.body.reason).toBeUndefined();
    expect(ready.body.outage).toBeGreaterThan(0);
    expect(await askJson(strict.url, "/health/ready")).toMatchObject({
      status: 503,
      body: {
        ...facts,
        status: "not ready",
        cause,
        reason: expect.stringMatching(/^not connected for \d+ m?s$/),
      },
    });
    expect(await askJson(impatient.url, "/health/ready")).toMatchObject({
      status: 503,
      body: { reason: expect.stringMatching(/^not connected for .*, grace is 1 ms$/) },
    });
    expect(await askJson(lenient.url, "/health")).toMatchObject({
      status: 503,
      body: {
        ...facts,
        status: "unhealthy",
        cause,
        reason: expect.stringMatching(/^not connected for /),
        lastDisconnectedAt: expect.stringMatching(ISO),
        rtt: null,
        lastError: expect.stringMatching(/^CONNECTION_REFUSED: .*ECONNREFUSED/),
      },
    });
    const nats = await askJson(lenient.url, "/health/nats");
    expect(nats).toMatchObject({
      status: 503,
      body: { ...facts, status: "unhealthy", cause, reason: expect.stringMatching(/^not connected for /) },
    });

    await outage.end();
    expect(await askJson(strict.url, "/health/ready")).toMatchObject({ status: 200, body: { outage: 0 } });
    const well = await askJson(strict.url, "/health");
    expect(well).toMatchObject({ status: 200, body: { reconnectCount: 1 } });
    expect(well.body.cause).toBeUndefined();
    expect(well.body.reason).toBeUndefined();
  });

  it("in an outage: not ready when the buffer fills up, but for consumers", async () => {
    await using outage = await Outage.prepare({ reconnectBufSize: 1_000 });
    const { nc } = outage;
    await using http = await Hosted.start(healthHandler(nc));
    await using half = await Hosted.start(healthHandler(nc, { readiness: { buffer: 0.4 } }));
    await using consumer = await Hosted.start(healthHandler(nc, { readiness: { mode: "consumer" } }));
    await outage.begin();
    let sent = 0;
    const fill = (ratio: number) => {
      for (; nc.buffered.ratio < ratio; sent++) nc.publish("a", String(sent));
    };
    expect((await askJson(half.url, "/health/ready")).status).toBe(200);
    fill(0.4);
    expect(await askJson(half.url, "/health/ready")).toMatchObject({
      status: 503,
      body: { reason: expect.stringMatching(/, and the buffer is 4\d % full, its mark is 40 %$/) },
    });
    expect((await askJson(http.url, "/health/ready")).status).toBe(200);
    fill(0.8);
    expect(await askJson(http.url, "/health/ready")).toMatchObject({
      status: 503,
      body: { buffer: { limit: 1_000, messages: sent } },
    });
    expect((await askJson(consumer.url, "/health/ready")).status).toBe(200);
    await outage.end();
    expect((await askJson(half.url, "/health/ready")).status).toBe(200);
  });

  it("in an outage without a buffer: not ready", async () => {
    await using outage = await Outage.prepare({ reconnectBufSize: -1 });
    await using http = await Hosted.start(healthHandler(outage.nc));
    await outage.begin();
    expect(await askJson(http.url, "/health/ready")).toMatchObject({
      status: 503,
      body: { reason: expect.stringContaining("nothing is buffered") },
    });
  });

  it("before the first connect: not ready, whatever the grace, but live", async () => {
    const options = { retryOnFailedConnect: true, reconnectTimeWait: 5, closeTimeout: 1 };
    await using nc = await connect({ servers: await deadUrl(), ...options });
    await using http = await Hosted.start(healthHandler(nc, { liveness: "connection" }));
    for (const path of ["/health", "/health/ready", "/health/nats"]) {
      expect(await askJson(http.url, path)).toMatchObject({
        status: 503,
        body: { reason: "not connected yet", cause: { kind: "refused" }, state: "reconnecting" },
      });
    }
    expect((await askJson(http.url, "/health/live")).status).toBe(200);
  });

  it("draining: not ready while the link still stands; closed by the application: live all the same", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url }));
    await using http = await Hosted.start(healthHandler(nc, { liveness: "connection" }));
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
    for (const path of ["/health", "/health/ready"]) {
      const { status, body } = await askJson(http.url, path);
      expect({ status, body }).toMatchObject({
        status: 503,
        body: { reason: "the connection is draining", state: "draining", connected: true },
      });
      expect(body.cause).toBeUndefined();
    }
    expect((await askJson(http.url, "/health/nats")).status).toBe(200);
    release();
    await drained;
    const cause = {
      kind: "client",
      code: "CLOSE",
      message: "the application closed the connection",
      advice: [],
      docs: "docs/causes/client.md",
    };
    for (const path of ["/health", "/health/ready", "/health/nats"]) {
      expect(await askJson(http.url, path)).toMatchObject({
        status: 503,
        body: { reason: "the connection is closed", state: "closed", cause },
      });
    }
    expect((await askJson(http.url, "/health/live")).status).toBe(200);
    await using late = await Hosted.start(healthHandler(nc));
    expect((await askJson(late.url, "/health/ready")).body.cause).toEqual(cause);
  });

  it("closed by an error: not live where the connection counts, and live where only the process does", async () => {
    await using outage = await Outage.prepare({ maxReconnectAttempts: 2 });
    const { nc } = outage;
    await using connection = await Hosted.start(healthHandler(nc, { liveness: "connection" }));
    await using process = await Hosted.start(healthHandler(nc));
    await outage.server.kill();
    await nc.closed();
    expect(await askJson(connection.url, "/health/live")).toMatchObject({
      status: 503,
      body: {
        status: "not live",
        reason: expect.stringContaining("closed by an error"),
        cause: { kind: "refused" },
      },
    });
    expect((await askJson(process.url, "/health/live")).status).toBe(200);
    expect((await askJson(process.url, "/health/ready")).body).toMatchObject({ cause: { kind: "refused" } });
  });

  it("several connections: all have to be well, and each is told", async () => {
    await using good = await Outage.prepare();
    await using bad = await Outage.prepare();
    const options = { readiness: { mode: "strict" } } as const;
    await using http = await Hosted.start(healthHandler([good.nc, bad.nc], options));
    await using single = await Hosted.start(healthHandler([good.nc], options));
    for (const path of ["/health", "/health/live", "/health/ready", "/health/nats"]) {
      const { status, body } = await askJson(http.url, path);
      expect(status, path).toBe(200);
      expect(body.connections?.map((one) => one.status)).toEqual([body.status, body.status]);
    }
    await bad.begin();
    for (const path of ["/health", "/health/ready", "/health/nats"]) {
      const { status, body } = await askJson(http.url, path);
      expect(status, path).toBe(503);
      const [first, second] = body.connections ?? [];
      expect(first).toMatchObject({ server: good.server.hostport, connected: true });
      expect(first.reason).toBeUndefined();
      expect(second).toMatchObject({ status: body.status, connected: false, reason: expect.any(String) });
      expect(first.status).not.toBe(second.status);
    }
    expect((await askJson(http.url, "/health/live")).status).toBe(200);
    expect((await askJson(single.url, "/health/ready")).body).toMatchObject({
      status: "ready",
      connections: [{ status: "ready" }],
    });
  });
});
