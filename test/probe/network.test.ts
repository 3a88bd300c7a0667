import dns from "node:dns";
import { getEventListeners } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { FakeServer, speaksNats } from "../support/fake-server.js";
import { until } from "../support/until.js";
import { detail, look, way } from "./support/look.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
afterEach(() => {
  vi.restoreAllMocks();
});

type Done = (error: Error | null, found?: dns.LookupAddress[]) => void;

/** Puts a resolver in the place of the system's, for names that end in `.example`. */
function resolver(answer: (done: Done) => void): void {
  const lookup = dns.lookup as (...args: unknown[]) => void;
  vi.spyOn(dns, "lookup").mockImplementation(((...args: [string, object, Done]) =>
    args[0].endsWith(".example") ? answer(args[2]) : lookup(...args)) as never);
}

const are = (...addresses: string[]) =>
  resolver((done) =>
    setImmediate(
      done,
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    ),
  );

describe("the addresses of a name [X2]", () => {
  it("are all tried, and the dead one is seen", async () => {
    are("127.0.0.7", "127.0.0.1", "127.0.0.1");
    const report = await look(`nats.example:${server.port}`);
    expect(report).toMatchObject({
      ok: true,
      server: `nats.example:${server.port}`,
      dns: {
        hostname: "nats.example",
        literal: false,
        addresses: [{ address: "127.0.0.7" }, { address: "127.0.0.1" }],
      },
      tcp: {
        addresses: [
          { address: "127.0.0.7", ok: false, why: "refused", code: "ECONNREFUSED" },
          { address: "127.0.0.1", ok: true },
        ],
        used: "127.0.0.1",
      },
    });
    expect(detail(report, "tcp")).toMatch(/^1 of 2 addresses .*127\.0\.0\.7 not: ECONNREFUSED$/);
  });

  it("may all be dead", async () => {
    are("127.0.0.7", "127.0.0.8");
    const report = await look(`nats.example:${server.port}`);
    expect(way(report)).toBe("dns -tcp");
    expect(report.tcp?.used).toBeUndefined();
    expect(report.cause).toMatchObject({ kind: "refused", code: "CONNECTION_REFUSED" });
    expect(report.cause?.message).toMatch(/127\.0\.0\.7.*127\.0\.0\.8/);
  });

  it("are at most 32 of hundreds", async () => {
    are("127.0.0.1", ...Array.from({ length: 300 }, (_, index) => `127.0.1.${index % 250}`));
    const report = await look(`nats.example:${server.port}`, { jetstream: false });
    expect(report.dns?.addresses).toHaveLength(32);
    expect(report.ok).toBe(true);
  });

  it("are not there, or the resolver is silent", async () => {
    resolver((done) =>
      setImmediate(done, Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" })),
    );
    const none = await look("nats.example");
    expect(way(none)).toBe("-dns");
    expect(none).toMatchObject({ failed: "dns", cause: { kind: "network" } });
    resolver((done) => setImmediate(done, null, []));
    expect(await look("nats.example")).toMatchObject({ failed: "dns", cause: { kind: "network" } });
    resolver(() => {});
    const silent = await look("nats.example", { timeout: 50 });
    expect(way(silent)).toBe("-dns");
    expect(silent.cause).toMatchObject({ kind: "network", code: "TIMEOUT" });
    expect(silent.steps[0].detail).toBe("nats.example could not be looked up within 50 ms");
  });
});

describe("the way to a server [X2]", () => {
  it("is long: round trips say so, and go in a row", async () => {
    await using cleanup = new Cleanup();
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    proxy.addToxic({ type: "latency", stream: "both", latency: 100 });
    const report = await look(proxy.url, { pings: 20 });
    expect(report).toMatchObject({ ok: true, rtt: { sent: 20, received: 20, lost: 0 } });
    expect(report.rtt!.best).toBeGreaterThanOrEqual(195);
    expect(report.rtt!.median).toBeGreaterThanOrEqual(195);
    // One after the other they would have taken four seconds.
    expect(report.steps.find(({ name }) => name === "rtt")!.ms).toBeLessThan(3500);
  });

  it("swallows everything, at each stage: said in time", async () => {
    await using cleanup = new Cleanup();
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    proxy.addToxic({ type: "timeout", stream: "both", timeout: 0 });
    const report = await look(proxy.url, { timeout: 100, deadline: 1000 });
    expect(way(report)).toBe("dns tcp -info");
    expect(report).toMatchObject({ cause: { code: "TIMEOUT", kind: "stale" } });
    expect(detail(report, "info")).toMatch(/accepted the connection and sent no INFO within 100 ms/);
  });

  it("falls silent in the middle: what was found until then is told, and how many PINGs were lost", async () => {
    await using cleanup = new Cleanup();
    const fake = cleanup.use(await FakeServer.start(speaksNats({}, 4)));
    const report = await look(fake.url, { timeout: 200 });
    expect(report).toMatchObject({
      failed: "rtt",
      rtt: { sent: 10, received: 3, lost: 7 },
      auth: { accepted: true },
      cause: { kind: "stale", code: "TIMEOUT", message: "7 of 10 PINGs were not answered within 200 ms" },
    });
    expect(way(report)).toBe("dns tcp info auth -rtt -jetstream");
    const none = cleanup.use(await FakeServer.start(speaksNats({}, 1)));
    const dead = await look(none.url, { timeout: 100 });
    expect(way(dead)).toBe("dns tcp info auth -rtt");
    expect(dead.rtt).toEqual({ sent: 10, received: 0, lost: 10 });
  });

  it("is reset", async () => {
    await using cleanup = new Cleanup();
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    proxy.addToxic({ type: "reset_peer", stream: "both", timeout: 0 });
    const report = await look(proxy.url);
    expect(report).toMatchObject({ ok: false, cause: { kind: "network" } });
    expect(report.cause?.evidence.join()).toContain("ECONNRESET");
  });
});

describe("the time of a probe [X2]", () => {
  it("has an end in all, whatever each step may take", async () => {
    await using fake = await FakeServer.start(speaksNats({}, 2));
    const begun = performance.now();
    const report = await look(fake.url, { timeout: 60_000, deadline: 300 });
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(report.failed).toBe("rtt");
    expect(report.ms).toBeGreaterThanOrEqual(299);
  });

  it("ends when the application wants it", async () => {
    await using fake = await FakeServer.start(() => {});
    const ending = new AbortController();
    const report = look(fake.url, { timeout: 60_000, deadline: 60_000, signal: ending.signal });
    await until(() => fake.links.length === 1, "the probe");
    ending.abort();
    expect(await report).toMatchObject({
      ok: false,
      aborted: true,
      failed: "info",
      cause: { kind: "client", code: "CLOSE", message: "the application ended the probe", advice: [] },
    });
    expect(fake.links).toHaveLength(1);
    expect(getEventListeners(ending.signal, "abort")).toEqual([]);
    const unused = new AbortController();
    await look(server.url, { signal: unused.signal });
    expect(getEventListeners(unused.signal, "abort")).toEqual([]);
    const before = await look(server.url, { signal: AbortSignal.abort() });
    expect(before).toMatchObject({ aborted: true, failed: "tcp" });
  });

  it("leaves no socket and no timer behind, however it has ended", async () => {
    const left = () => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout/.test(name)).length;
    await using closing = await FakeServer.start(({ socket }) => socket.end());
    await using silent = await FakeServer.start(() => {});
    await using pongless = await FakeServer.start(speaksNats({}, 1));
    const before = left();
    const ending = new AbortController();
    const long = look(silent.url, { deadline: 60_000, timeout: 60_000, signal: ending.signal });
    await until(() => silent.links.length === 1, "the probe");
    ending.abort();
    const short = { timeout: 50 };
    const patient = { timeout: 60_000, deadline: 60_000 };
    await Promise.all([long, look(server.url, patient), look(closing.url, patient), look(silent.url, short)]);
    await look(pongless.url, short);
    const sockets = [closing, silent, pongless].flatMap(({ links }) => links.map(({ socket }) => socket));
    await until(
      () => sockets.every(({ destroyed }) => destroyed),
      () => `${sockets.filter(({ destroyed }) => !destroyed).length} sockets are open`,
    );
    await until(
      () => left() <= before,
      () => `${left()} of ${before}: ${process.getActiveResourcesInfo()}`,
    );
  });

  it("is nobody's business who throws when told of a step", async () => {
    const { probe } = await import("../../src/index.js");
    const onStep = () => {
      throw new Error("mine");
    };
    expect(await probe(server.url, { onStep })).toMatchObject({ ok: true });
  });
});
