import { createConnection, type Socket } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { deadUrl, FakeServer, speaksNats } from "../support/fake-server.js";
import { examine, rules } from "./support/examine.js";

const cleanup = new Cleanup();
afterAll(() => cleanup[Symbol.asyncDispose]());
const fake = async (info: Record<string, unknown>) => cleanup.use(await FakeServer.start(speaksNats(info)));
const pair = async (one: Record<string, unknown>, other: Record<string, unknown>) => {
  const a = await fake({ server_id: "A", server_name: "a", cluster: "c", ...one });
  const b = await fake({ server_id: "B", server_name: "b", cluster: "c", ...other });
  return { a, b, report: await examine([a.url, b.url], { jetstream: false }) };
};

describe("the first line says what is wrong: clusters [X2]", () => {
  it("an address that the cluster tells of is not reachable from here", async () => {
    const dead = (await deadUrl()).slice(7);
    await using server = await NatsServer.start({ config: `client_advertise: "${dead}"` });
    await using cluster = await NatsCluster.start({ size: 2, config: `client_advertise: "${dead}"` });
    const report = await examine(cluster.urls);
    expect(report.summary).toBe(
      `warnings: the cluster tells clients to use ${dead}, which from here does not work: nobody listens there (ECONNREFUSED)`,
    );
    expect(report.findings[0].advice[0]).toContain("client_advertise");
    expect((await examine(server.url, { gossip: false })).verdict).toBe("healthy");
  });

  it("addresses that do not work for several reasons are one finding", async () => {
    const dead = (await deadUrl()).slice("nats://".length);
    const server = await fake({ cluster: "c", connect_urls: [dead, "nats.does-not-exist.invalid:4222"] });
    const report = await examine(server.url, { jetstream: false });
    expect(rules(report)).toEqual(["gossip-unreachable"]);
    expect(report.findings[0].message).toMatch(/ECONNREFUSED\) \(1\); the name does not resolve/);
    expect(report.findings[0].servers).toHaveLength(2);
  });

  it("an address that the cluster tells of is none, or would change who we are", async () => {
    const trap = await fake({ cluster: "c", server_id: "TRAP" });
    const server = await fake({
      cluster: "c",
      connect_urls: ["not an address", "nats://x:1", "h:99999", "h:0/x@y", `x@${trap.hostport}`],
    });
    const report = await examine(server.url, { jetstream: false });
    expect(rules(report)).toEqual(["gossip-unreachable"]);
    expect(report.servers.map(({ id }) => id)).not.toContain("TRAP");
  });

  it("different clusters", async () => {
    const { a, b, report } = await pair({ cluster: "east" }, { cluster: "west" });
    expect(report.summary).toBe(
      `warnings: the servers are not of one cluster: ${a.hostport} is of east and ${b.hostport} is of west`,
    );
    await using one = await NatsServer.start();
    await using other = await NatsServer.start();
    const alone = await examine([one.url, other.url]);
    expect(alone.summary).toMatch(/^warnings: .+ and .+ are in no cluster: each is a server of its own$/);
  });

  it("mixed versions; patches alone are a hint", async () => {
    const { a, b, report } = await pair({ version: "2.15.1" }, { version: "2.12.8" });
    expect(report.summary).toBe(
      `warnings: the servers have different versions: 2.15.1 (${a.hostport}) and 2.12.8 (${b.hostport})`,
    );
    const patches = await pair({ version: "2.15.1" }, { version: "2.15.0" });
    expect(patches.report.verdict).toBe("healthy");
    expect(patches.report.findings).toMatchObject([{ rule: "mixed-versions", level: "hint" }]);
  });

  it.each([
    ["2.9.25", "warnings", "old-version"],
    ["2.1.9", "broken", "old-version"],
    ["2.10.29", "healthy", "old-version"],
    ["2.16.0", "healthy", "new-version"],
  ])("nats-server %s: %s", async (version, verdict, rule) => {
    const server = await fake({ version });
    const report = await examine(server.url, { jetstream: false });
    expect(report.verdict).toBe(verdict);
    expect(report.findings.map((found) => found.rule)).toContain(rule);
  });

  it("limits, or names, that differ", async () => {
    const { report } = await pair(
      { max_payload: 1_048_576, server_name: "n" },
      { max_payload: 65_536, server_name: "n" },
    );
    expect(rules(report)).toEqual(["different-max-payload", "same-name"]);
    expect(report.summary).toContain("max_payload differs: 64 KiB at ");
  });

  it("lame duck mode", async () => {
    const leaving = await fake({ ldm: true });
    const told = await examine(leaving.url, { jetstream: false });
    expect(told.summary).toBe(`broken: ${leaving.hostport} is shutting down (lame duck mode)`);
    const config = 'lame_duck_grace_period: "60s", lame_duck_duration: "120s"';
    await using cluster = await NatsCluster.start({ size: 2, config });
    const [first] = cluster.servers;
    // It ends at once when nobody is connected.
    const nc = await connect({ servers: first.url, ignoreClusterUpdates: true, lameDuckJitter: 60_000 });
    first.lameDuck();
    while ((await examine(first.url)).verdict !== "broken");
    const monitor = cluster.servers.map(({ monitorPort }) => `http://127.0.0.1:${monitorPort}`);
    const report = await examine(cluster.urls, { monitor });
    await nc.close();
    expect(report.summary).toMatch(
      new RegExp(
        `^warnings: ${first.hostport} \\(n1\\) runs and takes no clients: it is shutting down \\(lame duck mode\\)`,
      ),
    );
  });

  it("slow consumers", async () => {
    await using server = await NatsServer.start({ maxPayload: 65_536, maxPending: 65_536, monitor: true });
    const slow: Socket = createConnection(server.port, "127.0.0.1");
    slow.on("error", () => {});
    slow.write('CONNECT {"verbose":false,"name":"sleepy","headers":true}\r\nSUB a 1\r\nPING\r\n');
    await new Promise<void>((resolve) => {
      slow.on("data", (data) => data.toString("latin1").includes("PONG") && resolve());
    });
    slow.pause();
    const nc = await connect({ servers: server.url });
    const monitor = `http://127.0.0.1:${server.monitorPort}`;
    const cutOff = async () => {
      for (let i = 0; i < 200; i++) nc.publish("a", Buffer.alloc(32_000));
      await nc.flush();
      const { slow_consumers } = (await (await fetch(`${monitor}/varz`)).json()) as {
        slow_consumers: number;
      };
      return slow_consumers > 0;
    };
    while (!(await cutOff()));
    await nc.close();
    slow.destroy();
    const report = await examine(server.url, { monitor });
    expect(report.summary).toMatch(
      /^warnings: \S+ has cut off 1 slow consumer since it was started \(1 client\)/,
    );
    expect(report.findings[0].evidence.join()).toMatch(/1 × Slow Consumer .*sleepy/);
  });
});
