import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { Cleanup } from "../support/cleanup.js";
import { Load } from "../support/load.js";
import { OutageLog } from "../support/outage-log.js";
import { publishNumbers } from "../support/publisher.js";
import { until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, reconnectJitterTLS: 0 };

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await CertificateAuthority.create();
});
afterAll(() => authority?.close());

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

async function connected(servers: string | undefined, options: ConnectionOptions = {}): Promise<Connection> {
  return cleanup.use(await connect({ servers, ...EAGER, ...options }));
}

const startServer = async () => cleanup.use(await NatsServer.start({ websocket: { tls: true, authority } }));
const trusting = () => ({ tls: { caFile: authority.certFile } });

describe("wss:// to a real server [R7]", () => {
  it("carries messages both ways, with an authority of its own, by IP address and by name [parity 199]", async () => {
    const server = await startServer();
    for (const url of [server.wsUrl!, server.wsUrl!.replace("127.0.0.1", "localhost")]) {
      const nc = await connected(url, trusting());
      const arrivals = new Arrivals();
      nc.subscribe("a", { callback: countInto(arrivals) });
      publishNumbers(nc, "a", 0, 10_000);
      await nc.flush();
      expect([arrivals.total, arrivals.late]).toEqual([10_000, 0]);
      const large = new Uint8Array(1_000_000).fill(7);
      nc.subscribe("q", { callback: (_, msg) => msg.respond(msg.data) });
      expect(Buffer.from(large).equals((await nc.request("q", large)).data)).toBe(true);
    }
  });

  it("refuses a certificate of an authority that it does not know [parity 199]", async () => {
    const server = await startServer();
    using other = await CertificateAuthority.create();
    for (const options of [{}, { tls: { caFile: other.certFile } }]) {
      const failed = connect({ servers: server.wsUrl, ...options });
      await expect(failed).rejects.toMatchObject({ code: "TLS_FAILED" });
    }
    await connected(server.wsUrl, { tls: { rejectUnauthorized: false } });
  });

  it("refuses a certificate for another host, and one that has expired", async () => {
    const bad = [
      await authority.issue({ hosts: ["elsewhere.example"] }),
      await authority.issue({ notAfter: new Date("2001-01-01") }),
    ];
    for (const { certFile, keyFile } of bad) {
      const server = cleanup.use(
        await NatsServer.start({ tls: { certFile, keyFile }, websocket: { tls: true } }),
      );
      const failed = connect({ servers: server.wsUrl, ...trusting() });
      await expect(failed).rejects.toMatchObject({ code: "TLS_FAILED" });
    }
  });

  it("says that there is no TLS where there is none, and no websocket without TLS", async () => {
    const plain = cleanup.use(await NatsServer.start({ websocket: true }));
    const secure = await startServer();
    const noTls = connect({ servers: plain.wsUrl!.replace("ws://", "wss://"), ...trusting() });
    await expect(noTls).rejects.toMatchObject({ code: "TLS_FAILED" });
    const withoutTls = connect({ servers: secure.wsUrl!.replace("wss://", "ws://") });
    await expect(withoutTls).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("and ws:// are refused when option tls says the opposite", async () => {
    const bad: ConnectionOptions[] = [
      { servers: "ws://127.0.0.1:1", ...trusting() },
      { servers: "wss://127.0.0.1:1", tls: null },
      { servers: ["nats://127.0.0.1:1", "tls://127.0.0.1:2"], tls: null },
    ];
    for (const options of bad) {
      await expect(connect(options)).rejects.toMatchObject({ code: "INVALID_OPTION", option: "tls" });
    }
  });

  it("is not left for ws:// when option tls is set: nothing is said in plain text", async () => {
    const server = await startServer();
    const plain = cleanup.use(await NatsServer.start({ websocket: true }));
    const nc = await connected(server.wsUrl, trusting());
    const refused = expect.objectContaining({ code: "INVALID_OPTION", option: "tls" });
    expect(() => nc.setServers([plain.wsUrl!])).toThrow(refused);
    await nc.reconnect();
    await nc.flush();
    expect(nc.getServers().map(({ listen }) => `wss://${listen}`)).toEqual([server.wsUrl]);
  });

  it("loses nothing through SIGKILLs of its server", async () => {
    const server = await startServer();
    const nc = await connected(server.wsUrl, trusting());
    const arrivals = new Arrivals();
    const log = new OutageLog(nc);
    nc.subscribe("a", { callback: countInto(arrivals) });
    using publisher = Load.numbers(nc, "a", 5_000);
    for (let round = 1; round <= 2; round++) {
      const { confirmed } = nc.stats();
      await until(() => nc.stats().confirmed > confirmed + 500, "messages before the outage");
      await server.kill();
      await until(() => nc.state === "reconnecting", "the outage");
      await server.restart();
      await until(() => nc.stats().reconnects === round, "the reconnect");
    }
    const count = publisher.stop();
    await nc.flush();
    expect(log.lost(arrivals, count)).toEqual([]);
    expect(log.repeatedUnduly(arrivals)).toEqual([]);
    expect(arrivals.late).toBe(0);
    expectBalanced(nc);
  });

  it("notices a server that is frozen, however little is written", async () => {
    const server = await startServer();
    const nc = await connected(server.wsUrl, { ...trusting(), stallTimeout: 500, closeTimeout: 100 });
    const errors: (Error & { code?: string })[] = [];
    nc.on("disconnect", (error) => errors.push(error!));
    using _ = Load.numbers(nc, "a", 1_000);
    await until(() => nc.stats().confirmed > 100, "messages before the freeze");
    server.stop();
    // PINGs alone would take longer than is waited here.
    await until(() => errors.length > 0, "the end of the link");
    expect(errors[0]).toMatchObject({ code: "STALE_CONNECTION" });
  });

  it("holds for the whole cluster: servers that gossip names are reached with TLS, and held to the first name", async () => {
    const { certFile, keyFile } = await authority.issue({ hosts: ["localhost"] });
    const cluster = cleanup.use(
      await NatsCluster.start({ tls: { certFile, keyFile }, websocket: { tls: true } }),
    );
    const nc = await connected(cluster.wsUrls[0].replace("127.0.0.1", "localhost"), trusting());
    await until(() => nc.getServers().filter(({ gossiped }) => gossiped).length >= 2, "gossip");
    await cluster.servers[0].kill();
    await until(() => nc.stats().reconnects === 1, "the reconnect");
    expect(cluster.wsUrls.slice(1).map((url) => url.replace("wss://", ""))).toContain(nc.getServer());
  });

  it("leaves nothing behind", async () => {
    const server = await startServer();
    const resources = () => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|Timeout/.test(name));
    const before = resources();
    for (const end of ["close", "drain"] as const) {
      const nc = await connect({ servers: server.wsUrl, ...trusting() });
      publishNumbers(nc, "a", 0, 100);
      await nc[end]();
      expect(nc.stats().confirmed).toBe(100);
    }
    await until(
      () => resources().length <= before.length,
      () => `no more than ${before}: ${resources()}`,
    );
  });
});
