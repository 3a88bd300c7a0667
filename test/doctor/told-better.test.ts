import { createServer as createHttps } from "node:https";
import type { AddressInfo } from "node:net";
import { createServer as createTcp } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { changeLines, changesBetween } from "../../src/cli/doctor/changes.js";
import type { DoctorFinding, DoctorOptions, DoctorReport } from "../../src/doctor/index.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { deadUrl, type FakeLink, FakeServer, infoLine, speaksNats } from "../support/fake-server.js";
import { examine, rules } from "./support/examine.js";
import { FakeMonitor, varz } from "./support/fake-monitor.js";

const cleanup = new Cleanup();
let server: FakeServer;
beforeAll(async () => {
  server = await fake(speaksNats());
});
afterAll(() => cleanup[Symbol.asyncDispose]());
const fake = async (behave: (link: FakeLink) => void) => cleanup.use(await FakeServer.start(behave));
const FAST: DoctorOptions = { timeout: 1500, probes: 1, jetstream: false };
const hostport = (url: string) => url.slice("nats://".length);
const seenAt = async (monitor: string) => (await examine(server.url, { ...FAST, monitor })).findings[0];

describe("monitoring ports in the words of people [X2]", () => {
  it("nobody is there, by name or by address", async () => {
    const dead = (await deadUrl()).replace("nats:", "http:");
    expect((await seenAt(dead)).message).toMatch(/tell anything: nobody listens there \(ECONNREFUSED\)$/);
    const unknown = await seenAt("http://nats.does-not-exist.invalid:8222");
    expect(unknown.message).toMatch(/tell anything: the name does not resolve \((?:ENOTFOUND|EAI_AGAIN)\)$/);
  });

  it("a certificate that is not trusted, and what to do about that alone", async () => {
    using authority = await CertificateAuthority.create();
    const { cert, key } = await authority.issue({ hosts: ["127.0.0.1"] });
    const https = createHttps({ cert, key }, (_, response) => response.end(JSON.stringify(varz())));
    await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
    const { port } = https.address() as AddressInfo;
    const secure = await seenAt(`https://127.0.0.1:${port}`);
    expect(secure.message).toMatch(
      /: its certificate is of an authority that is not trusted here \([A-Z_]+\)$/,
    );
    expect(secure.advice[0]).toContain("NODE_EXTRA_CA_CERTS");
    const plain = await seenAt(`http://127.0.0.1:${port}`);
    expect(plain.message).toMatch(/it may want https:\/\/$/);
    https.close();
    https.closeAllConnections();
  });

  it("TLS to a port without, and plain text to a Go server with", async () => {
    await using monitor = await FakeMonitor.start();
    const secure = await seenAt(monitor.url.replace("http:", "https:"));
    expect(secure.message).toMatch(/: it does not speak TLS: if it is the monitoring port, it is http:/);
    await using wants = await FakeMonitor.start({
      varz: (_, response) => response.writeHead(400).end("Client sent an HTTP request to an HTTPS server.\n"),
    });
    expect((await seenAt(wants.url)).evidence).toEqual(["varz: HTTP 400: it wants https://"]);
  });

  it("an answer that is compressed", async () => {
    await using monitor = await FakeMonitor.start({
      varz: (_, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(JSON.stringify(varz()))),
    });
    expect((await seenAt(monitor.url)).evidence).toEqual([
      "varz: HTTP 200, compressed (gzip): nobody has asked for that",
    ]);
  });

  it("an answer that is none of a nats-server's is told without a stutter", async () => {
    await using monitor = await FakeMonitor.start({ varz: { status: "up" } });
    expect((await seenAt(monitor.url)).message).toBe(
      `the monitoring port ${monitor.url} does not answer as a nats-server does: varz: it has no "server_id"`,
    );
  });

  it.each(["nats:/me:s3cr3t@h", "nats//me:s3cr3t@h", "http:/me:s3cr3t@h:1", "http://h/me:s3cr3t%40h"])(
    "what may have credentials in its path is refused, and not shown: %s",
    async (monitor) => {
      const error: unknown = await examine(server.url, { ...FAST, monitor }).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "INVALID_OPTION", option: "monitor" });
      expect((error as Error).message).not.toContain("s3cr3t");
    },
  );
});

describe("who cannot be used, and why [X2]", () => {
  it("a refusal that took long may be that of an auth callout", async () => {
    const slow = await fake((link) => {
      link.send(infoLine({ auth_required: true }));
      link.socket.once("data", () =>
        setTimeout(() => link.socket.end("-ERR 'Authorization Violation'\r\n"), 1000),
      );
    });
    const report = await examine(`nats://me:s3cr3t@${slow.hostport}`, { ...FAST, timeout: 5000 }, ["s3cr3t"]);
    expect(report.summary).toMatch(
      /: it refuses the user and pass given \(Authorization Violation\), after \d(?:\.\d)? s$/,
    );
    expect(report.findings[0].advice[0]).toContain("auth_callout");
  });

  it("an auth callout without a service", async () => {
    const issuer = "ABJHLOVMPA4CI6R5KLNGOB4GSLNIY7IOUPAJC4YFNDLQVIOBYQGUWVLA";
    await using real = await NatsServer.start({
      config: `accounts { AUTH: { users: [{ user: auth, password: x }] } }
authorization { timeout: 1, auth_callout { issuer: "${issuer}", auth_users: [auth], account: AUTH } }`,
    });
    const report = await examine(`nats://me:s3cr3t@${real.hostport}`, { timeout: 9000 }, ["s3cr3t"]);
    expect(rules(report)).toEqual(["credentials-refused"]);
    expect(report.findings[0].advice[0]).toContain("auth_callout");
  });

  it("no server has the domain that was asked for", async () => {
    await using real = await NatsServer.start({ jetstream: true });
    const report = await examine(real.url, { jetstream: { domain: "hub" } });
    expect(report.summary).toBe(`broken: ${real.hostport}: there is no JetStream in domain hub`);
  });

  it("JetStream has no leader: its error leads to the quorum", async () => {
    const error = { code: 503, err_code: 10_008, description: "JetStream system temporarily unavailable" };
    const body = JSON.stringify({ error });
    const leaderless = await fake((link) => {
      speaksNats({ jetstream: true })(link);
      link.socket.on("data", () => {
        const inbox = /PUB \$JS\.API\.INFO (\S+) 0\r\n/.exec(link.received)?.[1];
        if (inbox !== undefined) link.send(`MSG ${inbox} 2 ${body.length}`, body);
      });
    });
    const { findings } = await examine(leaderless.url, { ...FAST, jetstream: true });
    expect(findings[0].advice[0]).toMatch(/meta leader, and a quorum/);
  });

  it("TLS ends before it stands", async () => {
    const tcp = createTcp((socket) => socket.on("error", () => {}).once("data", () => socket.end()));
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    const { port } = tcp.address() as AddressInfo;
    const { summary } = await examine(`wss://127.0.0.1:${port}`, FAST);
    tcp.close();
    expect(summary).toMatch(/: it ends the connection during the TLS handshake: is it a port without TLS/);
  });

  it("a server of the cluster that stands still is looked at before its address is", async () => {
    const frozen = await fake(() => {});
    const telling = await fake(speaksNats({ cluster: "c", connect_urls: [frozen.hostport] }));
    const { findings } = await examine(telling.url, { ...FAST, timeout: 300 });
    expect(findings[0].rule).toBe("gossip-unreachable");
    expect(findings[0].advice[0]).toMatch(/^look at that server: a process that is stopped/);
  });
});

describe("a route that is missing, by what servers tell clients [X2]", () => {
  it("neither of two servers of one cluster tells of the other", async () => {
    const c = await fake(speaksNats({ server_id: "C", server_name: "c", cluster: "c" }));
    const of = (id: string) =>
      fake((link) => {
        const connect_urls = [`127.0.0.1:${link.socket.localPort}`, c.hostport];
        speaksNats({ server_id: id, server_name: id, cluster: "c", connect_urls })(link);
      });
    const [a, b] = [await of("A"), await of("B")];
    const { summary, findings } = await examine([a.url, b.url], FAST);
    expect(summary).toBe(
      `warnings: ${a.hostport} and ${b.hostport} are of cluster c, and neither tells of the other: there seems to be no route between them`,
    );
    expect(findings).toMatchObject([{ rule: "missing-route", servers: [a.hostport, b.hostport] }]);
    const told = (id: string, routes: { remote_id: string }[]) =>
      FakeMonitor.start({ varz: varz({ server_id: id, server_name: id }), routez: { routes } });
    await using one = await told("A", [{ remote_id: "B" }, { remote_id: "C" }]);
    await using other = await told("B", [{ remote_id: "A" }, { remote_id: "C" }]);
    const known = await examine([a.url, b.url], { ...FAST, monitor: [one.url, other.url] });
    expect(rules(known)).toEqual([]);
  });

  it("servers that tell of nobody may have no_advertise: their monitoring ports say more", async () => {
    await using a = await NatsServer.start({ cluster: { name: "c" }, monitor: true });
    await using b = await NatsServer.start({ cluster: { name: "c" }, monitor: true });
    expect((await examine([a.url, b.url], FAST)).verdict).toBe("healthy");
    const monitor = [a, b].map(({ monitorPort }) => `http://127.0.0.1:${monitorPort}`);
    const told = await examine([a.url, b.url], { ...FAST, monitor });
    expect(rules(told)).toEqual(["missing-route", "missing-route"]);
    expect(told.verdict).toBe("broken");
  });

  it("is not one where all of them have the address of a load balancer, or tell nothing", async () => {
    const balancer = await fake(speaksNats({ server_id: "A", server_name: "a", cluster: "c" }));
    const of = (id: string, connect_urls?: string[]) =>
      fake(speaksNats({ server_id: id, server_name: id, cluster: "c", connect_urls }));
    const [a, b] = [await of("A", [balancer.hostport]), await of("B", [balancer.hostport])];
    expect((await examine([a.url, b.url], FAST)).verdict).toBe("healthy");
    const [e, f] = [await of("E", [hostport(await deadUrl())]), await of("F", [hostport(await deadUrl())])];
    expect(rules(await examine([e.url, f.url], FAST))).toEqual(["gossip-unreachable"]);
    const [c, d] = [await of("C"), await of("D")];
    expect((await examine([c.url, d.url], FAST)).verdict).toBe("healthy");
    await using cluster = await NatsCluster.start({ size: 2 });
    expect((await examine(cluster.urls, FAST)).verdict).toBe("healthy");
  });
});

describe("--watch tells what has changed, server by server [X2]", () => {
  const found = (servers: string[], change: Partial<DoctorFinding> = {}): DoctorFinding => ({
    rule: "nobody-listens",
    level: "error",
    option: undefined,
    docs: "docs/doctor.md",
    servers,
    evidence: [],
    message: `${servers.join(" and ")}: nobody listens there`,
    why: "w",
    advice: ["a"],
    ...change,
  });
  const report = (...findings: DoctorFinding[]): DoctorReport => ({
    verdict: "broken",
    summary: "broken",
    findings,
    servers: [],
    monitors: [],
    at: 0,
    ms: 1,
  });
  const lines = (before: DoctorReport, now: DoctorReport) => changeLines(changesBetween(before, now));

  it("one more has the same trouble: that of the first is not over", () => {
    expect(lines(report(found(["a"])), report(found(["a", "b"])))).toEqual([
      "  + a and b: nobody listens there",
    ]);
  });

  it("one of two is well again: only that is over", () => {
    expect(lines(report(found(["a", "b"])), report(found(["b"])))).toEqual([
      "  - no more at a: a and b: nobody listens there",
    ]);
  });

  it("it gets worse: it is not over", () => {
    const worse = lines(report(found(["a"], { level: "warning" })), report(found(["a"])));
    expect(worse).toEqual(["  + a: nobody listens there"]);
  });

  it("all of it is over, and nothing has changed", () => {
    expect(lines(report(found(["a"])), report())).toEqual(["  - no more: a: nobody listens there"]);
    expect(changesBetween(report(found(["a"])), report(found(["a"]))).changed).toBe(false);
  });
});
