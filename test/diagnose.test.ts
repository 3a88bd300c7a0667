import { describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect, type Diagnosis, wsconnect } from "../src/index.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { NatsServer } from "../src/testing/server.js";
import { Cleanup } from "./support/cleanup.js";
import { cutLinks } from "./support/inside.js";
import { Outage } from "./support/outage.js";
import { expectNoSecret } from "./support/secrets.js";
import { thrown, until } from "./support/until.js";

const EAGER: ConnectionOptions = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100 };

/** Loses the link so many times, and comes back. */
async function flap(nc: Connection, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const before = nc.stats().reconnects;
    cutLinks(nc);
    await until(() => nc.stats().reconnects > before, "the reconnect");
  }
}

function expectPlain(diagnosis: Diagnosis): void {
  const text = JSON.stringify(diagnosis, (_, value) => value ?? null);
  expect(JSON.parse(text)).toEqual(
    JSON.parse(JSON.stringify(structuredClone(diagnosis), (_, value) => value ?? null)),
  );
}

describe("nc.diagnose() [X1]", () => {
  it("has nothing to tell of a connection that is well, but what could be better", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url, name: "a" });
    const { outages, patterns, findings } = nc.diagnose();
    expect({ outages, patterns }).toEqual({ outages: [], patterns: [] });
    expect(findings.map(({ rule, level }) => [rule, level])).toEqual([["one-server", "hint"]]);
  });

  it("tells of an outage: what was lost, why, what was tried, and how it ended", async () => {
    await using outage = await Outage.prepare();
    const { nc, server } = outage;
    const before = Date.now();
    await outage.begin();
    await until(() => nc.diagnose().outages[0].failed >= 10, "attempts");
    const during = nc.diagnose();
    expect(during.outages).toMatchObject([
      {
        server: server.hostport,
        cause: { kind: "server-shutdown", code: "CONNECTION_LOST" },
        downtime: undefined,
        to: undefined,
      },
    ]);
    const [{ attempts, at, stood }] = during.outages;
    expect(attempts).toHaveLength(8);
    for (const attempt of attempts)
      expect(attempt).toMatchObject({
        server: server.hostport,
        // The first may still come to the socket of the server that is dying.
        cause: { kind: expect.stringMatching(/^(refused|network)$/) },
        at: expect.any(Number),
      });
    expect(attempts.at(-1)!.cause.kind).toBe("refused");
    expect(attempts.map((attempt) => attempt.at)).toEqual(
      attempts.map((attempt) => attempt.at).toSorted((a, b) => a - b),
    );
    expect(at).toBeGreaterThanOrEqual(before - 5);
    expect(at).toBeLessThanOrEqual(Date.now() + 5);
    expect(stood).toBeGreaterThan(0);
    for (let i = 0; i < 5; i++) nc.publish("a", "x");
    await outage.end();
    const [{ downtime, to, failed }] = nc.diagnose().outages;
    expect(to).toBe(server.hostport);
    expect(downtime).toBeGreaterThan(0);
    expect(failed).toBeGreaterThanOrEqual(10);
    expectPlain(nc.diagnose());
  });

  it("knows what was on the way: messages, the largest of them, requests too", async () => {
    await using outage = await Outage.prepare({ stallTimeout: 0 });
    const { nc, server } = outage;
    for (let i = 0; i < 20; i++) nc.publish("small", Buffer.alloc(100));
    await nc.flush();
    server.stop();
    nc.publish("large", Buffer.alloc(300_000));
    nc.publish("small", Buffer.alloc(100));
    nc.request("larger", Buffer.alloc(500_000), { timeout: 20_000 }).catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    cutLinks(nc);
    await until(() => nc.diagnose().outages.length === 1, "the outage");
    expect(nc.diagnose().outages[0]).toMatchObject({ largest: 500_000, unconfirmed: 2, abandoned: 1 });
    server.cont();
    await nc.flush();
    expect(nc.diagnose().outages[0]).toMatchObject({ replayed: 2 });
    await flap(nc, 1);
    expect(nc.diagnose().outages[0]).toMatchObject({ largest: 0, unconfirmed: 0, abandoned: 0 });
  });

  it("finds that links end with a large message on the way", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    const nc = cleanup.use(await connect({ servers: proxy.url, ...EAGER }));
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 200; i++) nc.publish("small", Buffer.alloc(100));
      await nc.flush();
      server.stop();
      nc.publish("large", Buffer.alloc(200_000));
      await new Promise((resolve) => setImmediate(resolve));
      cutLinks(nc);
      await until(() => nc.diagnose().outages.length === round + 1, "the outage");
      server.cont();
      await nc.flush();
    }
    const found = nc.diagnose().patterns.find(({ kind }) => kind === "after-large-message");
    expect(found?.message).toMatch(/195 KiB/);
    expect(found?.evidence.join()).toMatch(/all 3 outages/);
  });

  it("keeps the last hundred outages, and tells of as many as are wanted, newest first", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url, ...EAGER });
    await flap(nc, 104);
    const all = nc.diagnose({ outages: 100 }).outages;
    expect(all).toHaveLength(100);
    expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((a, b) => b - a));
    expect(nc.diagnose().outages).toEqual(all.slice(0, 20));
    expect(nc.diagnose({ outages: 1 }).outages).toEqual(all.slice(0, 1));
    expect(nc.diagnose({ outages: 1 }).patterns).toMatchObject([{ kind: "flapping" }]);
  });

  it("counts the connections of this process that lose their links at once", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const all = await Promise.all(
      Array.from({ length: 4 }, async () => cleanup.use(await connect({ servers: server.url, ...EAGER }))),
    );
    await server.kill();
    await until(() => all.every((nc) => nc.state === "reconnecting"), "the outage");
    // Connections of the tests before may have been lost within the same second.
    for (const nc of all) expect(nc.diagnose().outages[0].together).toBeGreaterThanOrEqual(4);
  });

  it("tells of a closed connection what it told before, of one that gave up, too", async () => {
    await using server = await NatsServer.start();
    const nc = await connect({ servers: server.url, ...EAGER, maxReconnectAttempts: 3 });
    await flap(nc, 1);
    await server.kill();
    await nc.closed();
    const { outages } = nc.diagnose();
    expect(outages).toMatchObject([
      { downtime: undefined, failed: 3, cause: { kind: "server-shutdown" } },
      { downtime: expect.any(Number), cause: { kind: "network" } },
    ]);
    await server.restart();
    const closed = await connect({ servers: server.url, ...EAGER });
    await closed.close();
    expect(closed.diagnose().outages).toEqual([]);
  });

  it("works in a listener, and what is done to its answer changes nothing", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url, ...EAGER });
    const seen: Diagnosis[] = [];
    nc.on("disconnect", () => seen.push(nc.diagnose()));
    await flap(nc, 1);
    expect(seen[0].outages).toHaveLength(1);
    seen[0].outages[0].cause.evidence.push("spoilt");
    seen[0].outages[0].attempts.length = 0;
    seen[0].findings.length = 0;
    expect(JSON.stringify(nc.diagnose())).not.toContain("spoilt");
    expect(nc.diagnose().findings.length).toBeGreaterThan(0);
  });

  it("does not count what the application did among what went wrong", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url, ...EAGER });
    await nc.reconnect();
    await until(() => nc.getServer() !== "", "a link");
    expect(nc.diagnose().patterns).toEqual([]);
  });

  it("finds refusals of credentials, those of the first connect among them", async () => {
    await using server = await NatsServer.start({ user: "u", pass: "right" });
    await using nc = await connect({
      servers: server.url,
      ...EAGER,
      retryOnFailedConnect: true,
      authenticator: () => ({ user: "u", pass: "wrong-s3cret" }),
    });
    nc.on("error", () => {});
    await until(() => nc.diagnose().patterns.length > 0, "the pattern");
    const diagnosis = nc.diagnose();
    expect(diagnosis.patterns).toMatchObject([{ kind: "authentication" }]);
    expect(diagnosis.outages).toEqual([]);
    expectNoSecret(nc, [diagnosis], ["wrong-s3cret"]);
  });

  it("shows no credentials of URLs and options", async () => {
    await using server = await NatsServer.start({ user: "me", pass: "p4ssw0rd" });
    const servers = server.url.replace("nats://", "nats://me:p4ssw0rd@");
    await using nc = await connect({ servers, ...EAGER });
    await flap(nc, 1);
    await server.kill();
    await until(() => nc.diagnose().outages[0].failed > 0, "an attempt");
    const diagnosis = nc.diagnose();
    expect(diagnosis.findings.map(({ rule }) => rule)).toContain("credentials-in-url");
    expectNoSecret(nc, [diagnosis], ["p4ssw0rd"]);
  });

  it("knows what the cluster has told when it looks at the options", async () => {
    await using server = await NatsServer.start({
      config: 'server_name: a\ncluster { name: c, port: -1 }\nclient_advertise: "127.0.0.1:1"',
    });
    await using nc = await connect({ servers: server.url, ...EAGER });
    nc.setServers([server.url, "127.0.0.1:2"]);
    const found = nc.diagnose().findings.find(({ rule }) => rule === "one-server");
    expect(found).toMatchObject({ level: "hint", message: expect.stringMatching(/told of \d more$/) });
  });

  it("is there for websockets", async () => {
    await using server = await NatsServer.start({ websocket: true });
    await using nc = await wsconnect({ servers: server.wsUrl!, ...EAGER });
    await server.kill();
    await until(() => nc.diagnose().outages.length === 1, "the outage");
    expectPlain(nc.diagnose());
  });

  it.each([{ outages: 0 }, { outages: 101 }, { outages: 1.5 }, { outages: "5" }, { outage: 5 }, 5, null, []])(
    "refuses %o with INVALID_ARGUMENT",
    async (options) => {
      await using server = await NatsServer.start();
      await using nc = await connect({ servers: server.url });
      expect(thrown(() => nc.diagnose(options as never)).code).toBe("INVALID_ARGUMENT");
    },
  );
});
