import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DoctorProgress, describeReport } from "../../src/doctor/index.js";
import { CertificateAuthority } from "../../src/testing/certificates/authority.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { examine, rules } from "./support/examine.js";

const cleanup = new Cleanup();
let cluster: NatsCluster;
let monitor: string[];
beforeAll(async () => {
  cluster = cleanup.use(await NatsCluster.start({ jetstream: true }));
  monitor = cluster.servers.map(({ monitorPort }) => `http://127.0.0.1:${monitorPort}`);
});
afterAll(() => cleanup[Symbol.asyncDispose]());

describe("three servers that are well [X2]", () => {
  it("are told as that, in time, without a warning", async () => {
    const report = await examine(cluster.urls, { monitor, payload: 1000, jetstream: true });
    expect(report.summary).toMatch(
      /^healthy: 3 servers of cluster holdfast, nats-server \d+\.\d+\.\d+, round trip [\d.]+ ms$/,
    );
    expect(rules(report)).toEqual([]);
    expect(report.ms).toBeLessThan(3000);
    expect(report.servers.map(({ origin, ok, cluster: name }) => [origin, ok, name])).toEqual(
      Array.from({ length: 3 }, () => ["given", true, "holdfast"]),
    );
    expect(report.monitors.map(({ ok, server }) => [ok, server.name, server.routes?.length])).toEqual([
      [true, "n1", 2],
      [true, "n2", 2],
      [true, "n3", 2],
    ]);
    expect(report.monitors[0].server).toMatchObject({
      health: { ok: true },
      skew: 0,
      jetstream: { enabled: true, meta: { leader: expect.stringMatching(/^n[123]$/), size: 3 } },
      slowConsumers: { total: 0 },
      writeDeadline: 10_000,
    });
  });

  it("are found by one of them", async () => {
    const report = await examine(cluster.urls[0]);
    expect(report.verdict).toBe("healthy");
    expect(report.servers.map(({ origin, from }) => [origin, from])).toEqual([
      ["given", undefined],
      ["gossip", cluster.servers[0].hostport],
      ["gossip", cluster.servers[0].hostport],
    ]);
    const alone = await examine(cluster.urls[0], { gossip: false });
    expect(alone.servers).toHaveLength(1);
  });

  it("are those of option connection, which is linted", async () => {
    const connection = { servers: cluster.urls, name: "orders-1", pingInterval: 0 };
    const report = await examine(undefined, { connection });
    expect(report.servers).toHaveLength(3);
    expect(rules(report)).toEqual(["ping-budget"]);
    expect(report.summary).toMatch(/^warnings: /);
    const one = await examine(cluster.urls[0], { connection: { name: "orders-1" } });
    expect(one.findings).toMatchObject([
      { rule: "one-server", level: "hint", evidence: ["2 more were learnt from it just now"] },
    ]);
    const refused = await examine(cluster.urls, { connection: { timeout: "5s" as unknown as number } });
    expect(refused).toMatchObject({
      verdict: "broken",
      findings: [{ rule: "invalid-option", option: "timeout" }, { rule: "no-name" }],
    });
  });

  it("say how it goes on, and may be left", async () => {
    const told: DoctorProgress[] = [];
    await examine(cluster.urls, {
      monitor,
      onProgress: (progress) => {
        told.push(progress);
        throw new Error("ignored");
      },
    });
    expect(told.at(-1)).toMatchObject({ done: 6, total: 6 });
    expect(told.some(({ text }) => text.endsWith(" info"))).toBe(true);
    const warnings: Error[] = [];
    const warned = (warning: Error) => warnings.push(warning);
    process.on("warning", warned);
    await examine(cluster.urls, { monitor, signal: new AbortController().signal });
    await new Promise(setImmediate);
    process.off("warning", warned);
    expect(warnings).toEqual([]);
    const aborted = await examine(cluster.urls, { monitor, signal: AbortSignal.abort() });
    expect(aborted.aborted).toBe(true);
    expect(aborted.summary).toContain("ended early");
  });
});

it("servers with TLS tell of addresses whose certificates have the cluster's name [X2]", async () => {
  const authority = await CertificateAuthority.create();
  try {
    await using secure = await NatsCluster.start({ size: 2, tls: { authority, hosts: ["localhost"] } });
    const connection = { tls: { ca: authority.cert }, name: "orders-1" };
    const [{ port }] = secure.servers;
    const report = await examine(`nats://localhost:${port}`, { connection });
    expect(report.servers.every(({ ok, probe }) => ok && probe.tls?.name === "localhost")).toBe(true);
    // The first one is told of as well, by its address.
    expect(report.servers.map(({ name }) => name).toSorted()).toEqual(["n1", "n1", "n2"]);
    expect(report.summary).toMatch(/^healthy: 2 servers of cluster holdfast/);
  } finally {
    authority.close();
  }
});

it("one server is well, too, and secrets of its URL are nowhere [X2]", async () => {
  await using server = await NatsServer.start({ user: "me", pass: "s3cr3t", monitor: true });
  const report = await examine(
    `nats://me:s3cr3t@${server.hostport}`,
    { monitor: `http://me:s3cr3t@127.0.0.1:${server.monitorPort}/varz?token=t0k3n` },
    ["s3cr3t", "t0k3n"],
  );
  expect(report.verdict).toBe("healthy");
  expect(report.monitors).toMatchObject([{ url: `http://127.0.0.1:${server.monitorPort}`, ok: true }]);
  expect(describeReport(report).split("\n")[0]).toMatch(/^healthy: 1 server, nats-server /);
});
