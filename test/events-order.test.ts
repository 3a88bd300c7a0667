import { describe, expect, it } from "vitest";
import { connect, type EventName, Events } from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import { expectBalanced } from "./support/books.js";
import { Cleanup } from "./support/cleanup.js";
import { Outage } from "./support/outage.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

const EVERY = Object.values(Events);

describe("the events of an outage, all of them [L2, L3]", () => {
  it("come in this order: the loss, attempt and failure by turns, the new link, the partition [parity 56]", async () => {
    await using outage = await Outage.prepare({ partitionThreshold: 1 });
    const { nc, server } = outage;
    const recorder = new Recorder(nc, EVERY);
    await outage.begin();
    await until(() => recorder.count("attemptFailed") >= 3, "some failed attempts");
    await server.restart();
    await until(() => recorder.count("partition") === 1, "the partition");
    const names = recorder.names("serverInfo");
    const attempts = recorder.count("attemptFailed");
    const waits = recorder.of("reconnecting").filter(([{ server }]) => server === "").length;
    expect(names.slice(0, 2).sort()).toEqual(["disconnect", "state"]);
    expect(names.slice(-3)).toEqual(["state", "reconnect", "partition"]);
    // What is between: an attempt, its failure, a wait, and so on; the last attempt does not fail.
    const between = names.slice(2, -3);
    expect(between).toHaveLength(2 * attempts + 1 + waits);
    let open = false;
    for (const [i, name] of between.entries()) {
      const { args } = recorder.events.filter((event) => event.name !== "serverInfo")[i + 2];
      const isWait = name === "reconnecting" && (args[0] as { server: string }).server === "";
      if (isWait) expect(open).toBe(false);
      else if (name === "reconnecting") {
        expect(open).toBe(false);
        open = true;
      } else {
        expect([name, open]).toEqual(["attemptFailed", true]);
        open = false;
      }
    }
    expect(open, "the attempt that stands").toBe(true);
    const numbers = recorder.of("attemptFailed").map(([, { attempt }]) => attempt);
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
  });

  it("the partition tells duration and servers, as the reconnect does; a shorter outage is none", async () => {
    await using outage = await Outage.prepare({ partitionThreshold: 60 });
    const { nc, server } = outage;
    const recorder = new Recorder(nc, EVERY);
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the quick one");
    const quick = recorder.of("reconnect")[0][0].downtime;
    await outage.begin();
    const since = performance.now();
    await until(() => performance.now() - since > 120, "a long outage");
    await server.restart();
    await until(() => recorder.count("reconnect") === 2, "the reconnect");
    const [{ downtime, previous }] = recorder.of("reconnect")[1];
    const partitions = recorder.of("partition").map(([info]) => info);
    if (quick < 60) expect(partitions).toHaveLength(1);
    const told = { duration: downtime, previous, server: server.hostport, serverChanged: true };
    expect(partitions.at(-1)).toEqual(told);
    expect(downtime).toBeGreaterThan(60);
    expect(previous).toBe(server.hostport);
  });

  it("are exactly one pair for each outage, in a cluster as well, and the attempts in between belong to it", async () => {
    await using cleanup = new Cleanup();
    const cluster = cleanup.use(await NatsCluster.start());
    const options = { reconnectTimeWait: 5, reconnectJitter: 0, partitionThreshold: 0 };
    const nc = cleanup.use(await connect({ servers: cluster.urls, ...options }));
    const recorder = new Recorder(nc, EVERY);
    for (let round = 1; round <= 3; round++) {
      const at = cluster.servers.find(({ hostport }) => hostport === nc.getServer())!;
      publishNumbers(nc, "a", 0, 100);
      await at.kill();
      await until(() => recorder.count("reconnect") === round, `reconnect ${round}`);
      expect(nc.getServer()).not.toBe(at.hostport);
      await at.restart();
    }
    const names = recorder.names(
      ...EVERY.filter((name) => !["disconnect", "reconnect", "partition"].includes(name)),
    );
    expect(names).toEqual(Array(3).fill(["disconnect", "reconnect", "partition"]).flat());
    await nc.flush();
    expectBalanced(nc);
  });

  it("an outage that ends with the connection: disconnect, attempts, close, and nothing behind it [parity 56]", async () => {
    await using outage = await Outage.prepare({ maxReconnectAttempts: 3 });
    const { nc } = outage;
    const recorder = new Recorder(nc, EVERY);
    await outage.server.kill();
    await nc.closed();
    const names = recorder.names("state", "reconnecting");
    expect(names).toEqual(["disconnect", "attemptFailed", "attemptFailed", "attemptFailed", "close"]);
    const count = recorder.events.length;
    await outage.server.restart();
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.events).toHaveLength(count);
  });

  it("the state is told before the event that it belongs to, and is what nc.state says [parity 41, 49]", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    const seen: [EventName, string][] = [];
    const watched = ["state", "disconnect", "reconnecting", "attemptFailed", "reconnect", "close"] as const;
    for (const name of watched) nc.on(name, () => seen.push([name, nc.state]));
    await outage.begin();
    await until(() => seen.some(([name]) => name === "attemptFailed"), "a failed attempt");
    await outage.end();
    await nc.close();
    const states = (wanted: EventName) =>
      new Set(seen.filter(([name]) => name === wanted).map(([, state]) => state));
    expect(states("disconnect")).toEqual(new Set(["reconnecting"]));
    expect(states("reconnecting")).toEqual(new Set(["reconnecting"]));
    expect(states("attemptFailed")).toEqual(new Set(["reconnecting"]));
    expect(states("reconnect")).toEqual(new Set(["connected"]));
    expect(states("close")).toEqual(new Set(["closed"]));
  });
});

describe("the events of a cluster", () => {
  it("update tells of servers that come, with nothing deleted, and the pool has them [parity 97]", async () => {
    await using cleanup = new Cleanup();
    const cluster = cleanup.use(await NatsCluster.start());
    const updates: { added: string[]; deleted: string[] }[] = [];
    const nc = cleanup.use(
      await connect({ servers: cluster.urls[0], discoveredServersCb: (change) => updates.push(change) }),
    );
    await until(() => nc.getServers().length === 3, "all three are known");
    expect(updates.flatMap(({ added }) => added).sort()).toEqual(
      cluster.servers
        .slice(1)
        .map(({ hostport }) => hostport)
        .sort(),
    );
    expect(updates.flatMap(({ deleted }) => deleted)).toEqual([]);
  });

  it("lameDuck comes before the disconnect, whose cause it is [parity 104]", async () => {
    await using cleanup = new Cleanup();
    const config = 'lame_duck_grace_period: "10ms", lame_duck_duration: "30s"';
    const cluster = cleanup.use(await NatsCluster.start({ config }));
    const nc = cleanup.use(await connect({ servers: cluster.urls, reconnectTimeWait: 5 }));
    const recorder = new Recorder(nc, EVERY);
    const at = cluster.servers.find(({ hostport }) => hostport === nc.getServer())!;
    at.lameDuck();
    await until(() => recorder.count("lameDuck") === 1, "the announcement");
    expect(recorder.of("lameDuck")[0]).toEqual([{ server: at.hostport }]);
    await at.kill();
    await until(() => nc.getServer() !== at.hostport && nc.state === "connected", "it has left");
    const names = recorder.names();
    if (names.includes("disconnect"))
      expect(names.indexOf("lameDuck")).toBeLessThan(names.indexOf("disconnect"));
    for (const [, { cause }] of recorder.of("disconnect")) expect(cause.kind).toBe("lame-duck");
  });
});
