import { createServer } from "node:http";
import { type AddressInfo, createConnection } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doctor } from "../../src/doctor/index.js";
import { connect, credsAuthenticator } from "../../src/index.js";
import { Operator } from "../../src/testing/auth/operator.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer, type NatsServerOptions } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { deadUrl, FakeServer, infoLine } from "../support/fake-server.js";
import { until } from "../support/until.js";
import { examine, rules } from "./support/examine.js";

const cleanup = new Cleanup();
let plain: NatsServer;
const start = async (options: NatsServerOptions) => cleanup.use(await NatsServer.start(options));
beforeAll(async () => {
  plain = await start({ maxPayload: 1024, monitor: true });
});
afterAll(() => cleanup[Symbol.asyncDispose]());

describe("the first line says what is wrong: servers [X2]", () => {
  it("nobody listens", async () => {
    const url = await deadUrl();
    const report = await examine(url);
    expect(report.summary).toBe(`broken: ${url.slice(7)}: nobody listens there (ECONNREFUSED)`);
  });

  it("one of three is down", async () => {
    await using cluster = await NatsCluster.start();
    const [, second] = cluster.servers;
    await second.kill();
    const report = await examine(cluster.urls);
    expect(report.summary).toBe(
      `broken: 1 of 3 servers cannot be used: ${second.hostport}: nobody listens there (ECONNREFUSED)`,
    );
    expect(report.servers.map(({ ok }) => ok)).toEqual([true, false, true]);
  });

  it("none of several answers: they are told together", async () => {
    const urls = [await deadUrl(), await deadUrl()];
    const report = await examine(urls);
    expect(report.summary).toMatch(/^broken: neither server can be used: .+ and .+: nobody listens there/);
    expect(report.findings).toHaveLength(1);
  });

  it("the name does not resolve", async () => {
    const report = await examine("nats://nats.does-not-exist.invalid:4222");
    expect(report.summary).toMatch(
      /^broken: nats\.does-not-exist\.invalid:4222: the name does not resolve \((?:ENOTFOUND|EAI_AGAIN)\)$/,
    );
  });

  it("there is an HTTP server", async () => {
    const http = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await new Promise((resolve) => http.once("listening", resolve));
    const { port } = http.address() as AddressInfo;
    const report = await examine(`127.0.0.1:${port}`, { timeout: 800 });
    http.close();
    http.closeAllConnections();
    expect(report.summary).toMatch(
      /^broken: 127\.0\.0\.1:\d+: it does not speak NATS, it looks like an HTTP server/,
    );
  });

  it("the password is wrong, or missing", async () => {
    const server = await start({ user: "me", pass: "right" });
    const wrong = await examine(`nats://me:wr0ng-one@${server.hostport}`, {}, ["wr0ng-one"]);
    expect(wrong.summary).toBe(
      `broken: ${server.hostport}: it refuses the user and pass given (Authorization Violation)`,
    );
    const missing = await examine(server.url);
    expect(missing.summary).toBe(`broken: ${server.hostport}: it wants credentials, and none are given`);
  });

  it("credentials that are none are told as that, whether or not the server wants some", async () => {
    const authenticator = () => {
      throw new Error("s3cr3t");
    };
    for (const server of [plain, await start({ token: "right" })]) {
      const report = await examine(server.url, { connection: { authenticator } }, ["s3cr3t"]);
      expect(report.summary).toBe(
        `broken: ${server.hostport}: the credentials cannot be used: option "authenticator" has failed: see the cause`,
      );
    }
  });

  it("it is a port for other servers", async () => {
    await using route = await FakeServer.start((link) => {
      link.send(infoLine());
      link.socket.once("data", () => link.send("-ERR 'attempted to connect to route port'"));
    });
    expect((await examine(route.url)).summary).toMatch(
      /: that is the port for routes between servers \(cluster\), not the one for clients$/,
    );
  });

  it("it says a few bytes", async () => {
    await using drip = await FakeServer.start((link) => link.socket.write('INFO {"se'));
    const report = await examine(drip.url, { timeout: 500 });
    expect(report.summary).toMatch(/: it sent 9 bytes and no whole INFO/);
  });

  it("it is shutting down: told once, and no error where others are left", async () => {
    await using cluster = await NatsCluster.start({
      config: 'lame_duck_duration: "60s"\nlame_duck_grace_period: "20s"',
    });
    const [leaving] = cluster.servers;
    const nc = cleanup.use(await connect({ servers: leaving.url, ignoreClusterUpdates: true }));
    leaving.lameDuck();
    const monitor = `http://127.0.0.1:${leaving.monitorPort}`;
    const closed = async () => {
      const { servers } = await doctor(leaving.url, { gossip: false, probes: 0 });
      return servers[0].probe.failed === "tcp";
    };
    while (!(await closed()));
    const others = await examine(cluster.urls, { monitor, probes: 1 });
    expect(rules(others)).toEqual(["runs-and-refuses"]);
    expect(others.summary).toMatch(
      /^warnings: \S+ \(\S+\) runs and takes no clients: .+ \(lame duck mode\)$/,
    );
    const alone = await examine(leaving.url, { monitor, probes: 1 });
    expect([rules(alone), alone.verdict]).toEqual([["runs-and-refuses"], "broken"]);
    const unseen = await examine(await deadUrl(), { monitor, probes: 1 });
    expect(unseen.summary).toMatch(
      /^broken: \S+ takes no new clients: it is shutting down \(lame duck mode\) \(and/,
    );
    expect(rules(unseen)).not.toContain("not-healthy");
    await nc.close();
  });

  it("the credentials have expired", async () => {
    const operator = new Operator();
    const user = operator.account("A").user({ expiresIn: -3 * 3_600_000 });
    const server = await start({ config: operator.config });
    const authenticator = credsAuthenticator(Buffer.from(user.creds));
    const secrets = [user.jwt, Buffer.from(user.seed).toString()];
    const report = await examine(server.url, { connection: { authenticator } }, secrets);
    expect(report.summary).toBe(`broken: ${server.hostport}: the credentials have expired 3 hours ago`);
  });

  it("a message of the given size is too large", async () => {
    const report = await examine(plain.url, { payload: 4096 });
    expect(report.summary).toBe(`broken: ${plain.hostport}: a message of 4 KiB is over max_payload, 1 KiB`);
  });

  it("JetStream is off though it is asked for; else that is no matter", async () => {
    const report = await examine(plain.url, { jetstream: true });
    expect(report.summary).toBe(`broken: ${plain.hostport}: JetStream is not enabled`);
    expect((await examine(plain.url)).verdict).toBe("healthy");
  });

  it("it is full", async () => {
    const server = await start({ config: "max_connections: 1", monitor: true });
    // Who has started the server may not have left it yet.
    const patient = { waitOnFirstConnect: true, reconnectTimeWait: 10 };
    const nc = cleanup.use(await connect({ servers: server.url, ...patient }));
    const report = await examine(server.url, { monitor: `127.0.0.1:${server.monitorPort}` });
    expect(report.summary).toMatch(
      new RegExp(`^broken: ${server.hostport}: it takes no more connections \\(max_connections\\)`),
    );
    expect(rules(report)).toEqual(["server-full", "connections-full"]);
    await nc.close();
  });

  it("it is frozen", async () => {
    const server = await start({ monitor: true });
    server.stop();
    const monitor = `http://127.0.0.1:${server.monitorPort}`;
    const report = await examine(server.url, { timeout: 500, monitor });
    server.cont();
    expect(report.summary).toMatch(/: it takes connections and says nothing: frozen, or no NATS server/);
    expect(rules(report)).toEqual(["no-info", "monitor-unreachable"]);
    expect(report.ms).toBeLessThan(6000);
  });

  it("the way to it is long, or uneven", async () => {
    const proxy = cleanup.use(await FaultProxy.start({ target: plain.hostport, seed: 1 }));
    proxy.addToxic({ type: "latency", latency: 300 });
    const slow = await examine(proxy.url, { probes: 3 });
    expect(slow.summary).toMatch(/^warnings: a round trip to 127\.0\.0\.1:\d+ takes \d{3,4} ms/);
    proxy.removeToxics();
    proxy.addToxic({ type: "latency", latency: 180, jitter: 180 });
    const uneven = await examine(proxy.url, { probes: 8 });
    expect(rules(uneven)).toContain("uneven-link");
  });
});

describe("what is asked wrongly is refused [X2]", () => {
  it("before anybody has been connected to", async () => {
    const server = cleanup.use(await FakeServer.start(() => {}));
    await expect(doctor([server.url, "http://a"])).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(doctor(server.url, { connection: { tls: { ca: 5 } as object } })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      option: "tls.ca",
    });
    // Whoever had come would have come before this one.
    const own = createConnection(server.port, "127.0.0.1");
    await until(
      () => server.links.some(({ socket }) => socket.remotePort === own.localPort),
      "our own connection",
    );
    own.destroy();
    expect(server.links).toHaveLength(1);
  });

  it.each([
    [["http://127.0.0.1"], {}, "INVALID_ARGUMENT", undefined],
    [[5], {}, "INVALID_ARGUMENT", undefined],
    [["a,,b"], {}, "INVALID_ARGUMENT", undefined],
    [[], { probe: 3 }, "INVALID_OPTION", "probe"],
    [[], { probes: 1.5 }, "INVALID_OPTION", "probes"],
    [[], { timeout: 0 }, "INVALID_OPTION", "timeout"],
    [[], { monitor: "ftp://h" }, "INVALID_OPTION", "monitor"],
    [[], { monitor: ["http://me:s3cr3t@"] }, "INVALID_OPTION", "monitor"],
    [[], { connection: "nats://a" }, "INVALID_OPTION", "connection"],
    [[], { jetstream: { domain: "a.b" } }, "INVALID_OPTION", "domain"],
    [["nats://me:s3cr3t@h:x"], {}, "INVALID_ARGUMENT", undefined],
  ])("%o %o: %s", async (servers, options, code, option) => {
    const error = await examine(servers as string[], options as object).then(
      () => undefined,
      (thrown: Error & { code?: string; option?: string }) => thrown,
    );
    expect(error?.code).toBe(code);
    if (option !== undefined) expect(error?.option).toContain(option);
    expect(error?.message).not.toContain("s3cr3t");
  });
});
