import { describe, expect, it } from "vitest";
import { type Cause, type Connection, connect } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { Load } from "../support/load.js";
import { OutageLog } from "../support/outage-log.js";
import { Recorder } from "../support/recorder.js";
import { ThreeNodes } from "../support/three-nodes.js";
import { until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

describe("row 1: published during an outage, 200 msg/s, one server", () => {
  it("all arrive, in order, however many dials it takes", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url, ...EAGER });
    const recorder = new Recorder(nc);
    const log = new OutageLog(nc);
    const arrivals = new Arrivals();
    // It comes back with the link, ahead of what was published meanwhile.
    nc.subscribe("a", { callback: countInto(arrivals) });
    await nc.flush();
    using load = Load.steady(nc, "a", 200);
    await until(() => nc.stats().confirmed > 20, "messages before the outage");
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    const before = load.count;
    const { confirmed } = nc.stats();
    const dials = () => recorder.of("reconnecting").filter(([info]) => info.server !== "").length;
    await until(() => load.count > before + 300 && dials() > 20, "messages and dials during the outage");
    expect(nc.stats().confirmed).toBe(confirmed);
    await server.restart();
    await until(() => nc.stats().confirmed > before + 350, "messages after the outage");
    const count = load.stop();
    await nc.flush();
    expect(arrivals.missing(count)).toEqual([]);
    expect(arrivals.late).toBe(0);
    expect(log.repeatedUnduly(arrivals)).toEqual([]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });
});

describe("row 2: SIGKILL of the connected node of three, 20k msg/s", () => {
  it.each([
    ["the link was up for seconds", 40_000],
    ["the link was up for half a second", 10_000],
  ])("0 lost, duplicates only of unconfirmed messages; %s [parity 50]", async (_, before) => {
    await using nodes = await ThreeNodes.start();
    const nc = await nodes.publisher();
    const log = new OutageLog(nc);
    using load = Load.steady(nc, "a", 20_000);
    await until(() => nc.stats().confirmed > before, "messages before the kill");
    const dead = nodes.serverOf(nc);
    await dead.kill();
    const { count: atTheKill } = load;
    await until(() => nc.stats().confirmed > atTheKill + 20_000, "messages after the kill");
    const count = load.stop();
    await nc.flush();
    await nodes.arrived(count, log);
    expect(nc.getServer()).not.toBe(dead.hostport);
    expect(log.outages).toHaveLength(1);
    expect(log.repeatedUnduly(nodes.arrivals)).toEqual([]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count, dropped: 0 });
  });
});

describe("row 7: SIGKILL to working again, 3 nodes, the link up for 0.3 s", () => {
  it("under 200 ms, without a wait", async () => {
    await using cluster = await NatsCluster.start();
    const took: number[] = [];
    for (let round = 1; round <= 5; round++) {
      const nc = await connect({ servers: cluster.urls });
      const recorder = new Recorder(nc);
      nc.subscribe("echo", { callback: (_, msg) => msg.respond(msg.data) });
      const up = performance.now();
      await until(() => performance.now() - up > 300, "a link that is 0.3 s old");
      const dead = cluster.servers.find((server) => server.hostport === nc.getServer())!;
      const since = performance.now();
      const killed = dead.kill();
      await until(() => recorder.count("disconnect") === 1, "that it is noticed");
      await nc.request("echo", "", { timeout: 10_000 });
      took.push(performance.now() - since);
      expect(recorder.of("reconnecting").map(([info]) => info.delay)).toEqual([0]);
      expect(recorder.of("reconnect")[0][0]).toMatchObject({ previous: dead.hostport, attempts: 1 });
      expectBalanced(nc);
      await nc.close();
      await killed;
      await dead.restart();
    }
    // The machine may be busy in some rounds; a sleep would be in each.
    expect(Math.min(...took)).toBeLessThan(200);
  });
});

describe("row 16: events of one outage", () => {
  function expectCause(cause: Cause | undefined, kind: RegExp): void {
    expect(cause?.kind).toMatch(kind);
    expect(cause?.code).toMatch(/^CONNECTION_(LOST|REFUSED)$/);
    expect(cause?.message).toMatch(/\w+/);
    expect(cause?.evidence.length).toBeGreaterThan(0);
    for (const fact of cause?.evidence ?? []) expect(fact).toMatch(/\w+/);
  }

  /** What must be told of each outage, whatever its cause. */
  function expectPairs(recorder: Recorder, nc: Connection, server: NatsServer): void {
    const pairs = recorder.names().filter((name) => name === "disconnect" || name === "reconnect");
    expect(pairs).toEqual(pairs.map((_, i) => (i % 2 === 0 ? "disconnect" : "reconnect")));
    expect(pairs.length % 2).toBe(0);
    for (const [error, info] of recorder.of("disconnect")) {
      expect(error).toMatchObject({ code: "CONNECTION_LOST" });
      expect(info).toMatchObject({ server: server.hostport });
      expectCause(info.cause, /^(server-shutdown|network)$/);
    }
    for (const [{ cause }] of recorder.of("reconnecting")) {
      expectCause(cause, /^(server-shutdown|network|refused)$/);
    }
    for (const [info] of recorder.of("reconnect")) {
      expect(info).toMatchObject({ server: server.hostport, previous: server.hostport });
      expect(info.downtime).toBeGreaterThan(0);
      expect(info.attempts).toBeGreaterThan(0);
      expect(info.replayed).toBeGreaterThanOrEqual(0);
    }
    expect(nc.stats().reconnects).toBe(pairs.length / 2);
  }

  it("one pair per outage, with server, downtime, attempts and replayed; a restart that flaps", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url, ...EAGER });
    const recorder = new Recorder(nc);
    using load = Load.steady(nc, "a", 1_000);
    for (let round = 1; round <= 5; round++) {
      const before = recorder.count("reconnecting");
      const since = performance.now();
      await server.kill();
      await until(() => recorder.count("reconnecting") > before + 10, "some attempts");
      await server.restart();
      await until(() => recorder.count("reconnect") === round, "the reconnect");
      expect(recorder.count("disconnect")).toBe(round);
      const [info] = recorder.of("reconnect")[round - 1];
      const dials = recorder.of("reconnecting").slice(before);
      expect(info.attempts).toBe(dials.filter(([dial]) => dial.server !== "").length);
      expect(info.downtime).toBeLessThan(performance.now() - since);
      expect(info.replayed).toBe(recorder.of("disconnect")[round - 1][1].unconfirmed);
    }
    // Up and down without regard to whether the client is back.
    for (let flap = 0; flap < 8; flap++) await server.restart();
    const count = load.stop();
    await nc.flush();
    expectPairs(recorder, nc, server);
    expect(recorder.count("disconnect")).toBeLessThanOrEqual(5 + 8);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });
});
