import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Cleanup } from "../support/cleanup.js";
import { deadUrl, FakeServer, speaksNats } from "../support/fake-server.js";
import { examine, rules } from "./support/examine.js";
import { FakeMonitor, varz } from "./support/fake-monitor.js";

const cleanup = new Cleanup();
let server: FakeServer;
beforeAll(async () => {
  server = cleanup.use(await FakeServer.start(speaksNats({ server_id: "FAKE", cluster: "c" })));
});
afterAll(() => cleanup[Symbol.asyncDispose]());

type Answers = Parameters<typeof FakeMonitor.start>[0];
const fake = async (answers: Answers, prefix = "") => cleanup.use(await FakeMonitor.start(answers, prefix));
/** What is found when monitoring ports answer so. */
async function seen(...answers: Answers[]) {
  const monitors = await Promise.all(answers.map((one) => fake(one)));
  return examine(server.url, { jetstream: false, timeout: 800, monitor: monitors.map(({ url }) => url) });
}
/** Made when it is asked: its clock would be behind by what a busy machine takes until then. */
const is = (change: Record<string, unknown>): NonNullable<Answers> => ({
  varz: (_, response) => response.end(JSON.stringify(varz(change))),
});
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const HOUR = 3_600_000;

describe("what a server tells of itself [X2]", () => {
  it("is no finding when it is well", async () => {
    const report = await seen({});
    expect(report).toMatchObject({ verdict: "healthy", monitors: [{ ok: true, server: { cpu: 1 } }] });
  });

  it.each<[string, string, Answers, RegExp]>([
    [
      "clock-skew",
      "warnings",
      {
        varz: (_, response) =>
          response.end(JSON.stringify(varz({ now: new Date(Date.now() + 9000).toISOString() }))),
      },
      /^warnings: the clock of fake is (?:9|8\.\d) s ahead of this one$/,
    ],
    [
      "clock-skew",
      "broken",
      { varz: (_, response) => response.end(JSON.stringify(varz({ now: ago(600_000) }))) },
      /^broken: the clock of fake is 10 minutes behind this one$/,
    ],
    ["server-busy", "warnings", is({ cpu: 190 }), /^warnings: fake is at its limit: 190 % CPU of 2 cores$/],
    [
      "connections-full",
      "warnings",
      is({ connections: 95, max_connections: 100 }),
      /^warnings: fake has 95 of 100 connections \(max_connections\)$/,
    ],
    [
      "connections-full",
      "broken",
      is({ connections: 100, max_connections: 100 }),
      /^broken: fake has 100 of 100/,
    ],
    [
      "slow-consumers",
      "warnings",
      is({ slow_consumers: 3, slow_consumer_stats: { clients: 2, routes: 1 } }),
      /^warnings: fake has cut off 3 slow consumers since it was started \(2 clients, 1 route\)$/,
    ],
    [
      "pending-bytes",
      "warnings",
      { connz: { connections: [{ cid: 7, name: "sleepy", pending_bytes: 5_242_880 }, { cid: 8 }] } },
      /^warnings: at fake 5 MiB wait for sleepy$/,
    ],
    [
      "not-healthy",
      "warnings",
      {
        healthz: (_, response) =>
          response.writeHead(503).end('{"status":"unavailable","error":"JetStream is not current"}'),
      },
      /^warnings: fake says that it is not well: JetStream is not current$/,
    ],
    [
      "no-meta-leader",
      "broken",
      {
        jsz: {
          server_id: "FAKE",
          meta_cluster: { name: "c", cluster_size: 3, replicas: [{ name: "n2", current: true }] },
        },
      },
      /^broken: JetStream has no leader$/,
    ],
    [
      "jetstream-peer-offline",
      "warnings",
      {
        jsz: {
          server_id: "FAKE",
          meta_cluster: { leader: "fake", cluster_size: 2, replicas: [{ name: "n2", offline: true }] },
        },
      },
      /^warnings: n2 is missing from JetStream's cluster$/,
    ],
    [
      "jetstream-full",
      "warnings",
      { jsz: { server_id: "FAKE", storage: 95, config: { max_storage: 100 } } },
      /^warnings: JetStream of fake has used 95 bytes of 100 bytes storage$/,
    ],
    [
      "slow-route",
      "warnings",
      { routez: { routes: [{ remote_id: "B", remote_name: "b", rtt: "1.25s" }] } },
      /^warnings: the route from fake to b takes 1250 ms per round trip$/,
    ],
    [
      "ended-connections",
      "warnings",
      {
        closed: {
          connections: Array.from({ length: 4 }, () => ({
            reason: "Stale Connection",
            name: "orders",
            stop: ago(HOUR),
          })),
        },
      },
      /^warnings: fake has ended 4 connections for: Stale Connection$/,
    ],
  ])("%s: %s", async (rule, verdict, answers, summary) => {
    const report = await seen(answers);
    expect(report.summary).toMatch(summary);
    expect(rules(report)).toEqual([rule]);
    expect(report.verdict).toBe(verdict);
    expect(report.findings[0].evidence.length).toBeGreaterThan(0);
  });

  it("is told once when several servers say the same", async () => {
    const meta_cluster = { leader: "a", cluster_size: 3, replicas: [{ name: "n9", offline: true }] };
    const jsz = { server_id: "x", meta_cluster };
    const report = await seen(
      { ...is({ cluster: {} }), jsz },
      { ...is({ server_id: "B", cluster: {} }), jsz },
    );
    expect(rules(report)).toEqual(["jetstream-peer-offline"]);
    expect(report.findings[0].servers).toHaveLength(2);
    expect(report.findings[0].evidence).toHaveLength(2);
  });

  it("a restart is one when others of the cluster were not started then", async () => {
    const young = is({ server_id: "B", server_name: "young", start: ago(120_000) });
    const report = await seen({}, young);
    expect(report.summary).toMatch(
      /^(?:warnings|broken): .*young was started 2 minutes ago, other servers of its cluster run for 2 hours|no route/,
    );
    expect(rules(report)).toContain("recent-restart");
    const both = await seen(is({ start: ago(61_000) }), young);
    expect(rules(both)).not.toContain("recent-restart");
    expect(rules(await seen(young))).not.toContain("recent-restart");
    const other = is({ server_id: "B", start: ago(120_000), cluster: { name: "elsewhere" } });
    expect(rules(await seen({}, other))).not.toContain("recent-restart");
  });

  it("a route that is missing splits the cluster", async () => {
    const report = await seen({}, is({ server_id: "B", server_name: "b" }));
    expect(rules(report)).toEqual(["missing-route", "missing-route"]);
    expect(report.summary).toBe("broken: fake has no route to b, of the same cluster c (and 1 more)");
    const joined = await seen(
      { routez: { routes: [{ remote_id: "B" }, { remote_id: "B" }] } },
      { ...is({ server_id: "B", server_name: "b" }), routez: { routes: [{ remote_id: "FAKE" }] } },
    );
    expect(joined.verdict).toBe("healthy");
  });

  it("connections with this client's name, as the server has seen them", async () => {
    const monitor = await fake({
      connz: { connections: [{ cid: 4, name: "orders-1", pending_bytes: 12, rtt: "312µs" }] },
      closed: {
        connections: [
          { reason: "Slow Consumer (Write Deadline)", name: "orders-1", stop: ago(HOUR) },
          { reason: "Client Closed", name: "holdfast-doctor", stop: ago(HOUR) },
        ],
      },
    });
    const connection = { name: "orders-1", servers: server.url };
    const report = await examine(undefined, { jetstream: false, monitor: monitor.url, connection });
    expect(rules(report)).toEqual(["own-connections-ended"]);
    expect(report.findings[0].message).toContain("Slow Consumer (Write Deadline)");
    expect(report.monitors[0].server.own).toEqual([{ cid: 4, name: "orders-1", pending: 12, rtt: 0.312 }]);
    expect(report.monitors[0].server.ended?.map(({ reason }) => reason)).toEqual([
      "Slow Consumer (Write Deadline)",
    ]);
  });

  it("what servers end while doctor looks may be its own, and is not told", async () => {
    const later = new Date(Date.now() + 60_000).toISOString();
    const report = await seen({
      closed: { connections: [{ reason: "Maximum Connections Exceeded", stop: later }] },
    });
    expect(report.findings).toEqual([]);
  });
});

describe("monitoring ports that lie, hang, or answer half [X2]", () => {
  const endless = (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/json" });
    const more = () => {
      while (!response.destroyed && response.write(`{"server_id":"${"x".repeat(65_536)}"`));
    };
    response.on("drain", more);
    more();
  };
  it.each<[string, Answers, RegExp]>([
    [
      "HTML",
      { varz: (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>") },
      /no JSON object: 6 bytes of text\/html/,
    ],
    ["an array", { varz: (_, response) => response.end("[]") }, /no JSON object/],
    ["another's JSON", { varz: { status: "up" } }, /not a nats-server's varz: it has no "server_id"/],
    [
      "a redirect",
      { varz: (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end() },
      /HTTP 302: a redirect, which is not followed/,
    ],
    [
      "wants a password",
      { varz: (_, response) => response.writeHead(401).end() },
      /HTTP 401: it wants other credentials/,
    ],
    ["nothing", { varz: () => {} }, /no answer within 800 ms/],
    [
      "half",
      {
        varz: (_, response) =>
          response.writeHead(200, { "content-length": "99" }).write('{"server_id":') && response.destroy(),
      },
      /broke off|aborted|hang up/,
    ],
    [
      "an end that never comes",
      { varz: (_, response) => void response.write('{"server_id":') },
      /no end of the answer within 800 ms, after 13 bytes/,
    ],
    ["no end", { varz: endless }, /more than 8388608 bytes/],
  ])("%s", async (_, answers, detail) => {
    const report = await seen(answers);
    expect(report.monitors[0].answers[0]).toMatchObject({ endpoint: "varz", ok: false });
    expect(report.monitors[0].answers[0].detail).toMatch(detail);
    expect(report.verdict).not.toBe("broken");
    expect(report.findings.map(({ rule }) => rule).join()).toMatch(
      /^monitor-(?:partial|unreachable|strange)$/,
    );
  });

  it("nobody", async () => {
    const monitor = (await deadUrl()).replace("nats:", "http:");
    const report = await examine(server.url, { jetstream: false, monitor });
    expect(report.summary).toMatch(
      /^warnings: the monitoring port http:\S+ does not tell anything: .*ECONNREFUSED/,
    );
    expect(report.monitors[0].answers).toHaveLength(1);
  });

  it("an id that is none", async () => {
    const report = await seen(is({ server_id: 5 }));
    expect(report.summary).toMatch(
      /^warnings: .* does not answer as a nats-server does: .*"server_id" is no text$/,
    );
  });

  it("the port for clients", async () => {
    const { hostport } = server;
    const report = await examine(server.url, { jetstream: false, monitor: `http://${hostport}` });
    expect(report.summary).toMatch(/ does not tell anything: it speaks NATS: that is the port for clients/);
  });

  it("the monitoring port of a server that was not looked at", async () => {
    const routed = (id: string) => ({ routez: { routes: [{ remote_id: id }] } });
    const report = await seen({ ...is({ server_id: "B", server_name: "b" }), ...routed("FAKE") });
    expect(report.findings).toMatchObject([{ rule: "monitor-of-another", level: "hint" }]);
    expect(report.findings[0].message).toMatch(/is of b, which is none of the servers that were looked at$/);
  });

  it("values of the wrong kind are missing, not wrong", async () => {
    const report = await seen({
      varz: varz({
        server_name: 5,
        cpu: "90",
        connections: -1,
        max_connections: null,
        start: "yesterday",
        now: 7,
        slow_consumers: Number.MAX_VALUE,
        cluster: [],
        version: "\u001b[31mred\u202e",
        __proto__: null,
      }),
      routez: { routes: [null, 5, { remote_id: {} }, { remote_id: "B", rtt: "soon" }] },
      connz: { connections: "many" },
      closed: { connections: [{ reason: 5, stop: "x" }] },
      jsz: { server_id: "x", meta_cluster: 5, api: { total: "1" } },
    });
    const [{ server: told }] = report.monitors;
    expect(told).toMatchObject({ version: "?[31mred?", routes: [{ id: "B" }] });
    expect(report.summary).toMatch(
      /^warnings: the monitoring port \S+ does not answer as a nats-server does: varz: .*"server_name" is no text$/,
    );
    expect(rules(report)).toEqual(["monitor-strange"]);
    for (const name of ["name", "cpu", "connections", "maxConnections", "start", "skew", "uptime"]) {
      expect(told).not.toHaveProperty(name);
    }
  });

  it("gets the credentials of its URL, and shows none; a path in front stays", async () => {
    const monitor = await fake({}, "/nats/n1");
    const url = `http://ad%40min:s3cr3t@${monitor.hostport}/nats/n1/varz?token=t0k3n`;
    const report = await examine(server.url, { jetstream: false, monitor: url }, [
      "s3cr3t",
      "t0k3n",
      "ad@min",
    ]);
    expect(report.monitors).toMatchObject([{ ok: true, url: `${monitor.url}/nats/n1` }]);
    const basic = `Basic ${Buffer.from("ad@min:s3cr3t").toString("base64")}`;
    expect(monitor.asked.map(({ authorization }) => authorization)).toEqual(Array(6).fill(basic));
    expect(monitor.asked.every(({ url: asked }) => asked.includes("token=t0k3n"))).toBe(true);
    expect(monitor.asked.map(({ url: asked }) => asked)).toContainEqual(
      expect.stringMatching(/connz\?.*state=closed/),
    );
  });
});
