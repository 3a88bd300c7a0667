import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import type { NatsServer } from "../src/testing/server.js";
import { answered } from "./support/answered.js";
import { Arrivals, countInto } from "./support/arrivals.js";
import { expectBalanced } from "./support/books.js";
import { Load } from "./support/load.js";
import { OutageLog } from "./support/outage-log.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let cluster: NatsCluster;
let subscriber: Connection;
let arrivals: Arrivals;
let nc: Connection | undefined;
beforeEach(async () => {
  cluster = await NatsCluster.start();
  subscriber = await connect({ servers: cluster.servers[2].url, ignoreClusterUpdates: true, ...EAGER });
  arrivals = new Arrivals();
  subscriber.subscribe("a", { callback: countInto(arrivals) });
  subscriber.subscribe("there?", { callback: (_, msg) => msg.respond() });
  await subscriber.flush();
  nc = undefined;
});
afterEach(async () => {
  await Promise.all([nc?.close(), subscriber.close()]);
  await cluster.close();
});

/** A publisher at one of the first two servers, both of which know of the subscriber, which is at the third. */
async function publisher(options: ConnectionOptions = {}): Promise<Connection> {
  const servers = cluster.urls.slice(0, 2);
  for (const url of servers) await knowsOfSubscriber(url);
  nc = await connect({ servers, ignoreClusterUpdates: true, ...EAGER, ...options });
  return nc;
}

/** Resolves when the server at `url` passes messages on to the subscriber. */
async function knowsOfSubscriber(url: string): Promise<void> {
  const probe = await connect({ servers: url, ignoreClusterUpdates: true });
  await answered(probe, "there?");
  await probe.close();
}

function serverOf(connection: Connection): NatsServer {
  const at = cluster.servers.find((server) => server.hostport === connection.getServer());
  if (at === undefined) throw new Error(`${connection.getServer()} is none of the cluster`);
  return at;
}

/** Resolves when everything that a server has confirmed has reached the subscriber, or died with its server. */
async function arrived(count: number, log: OutageLog): Promise<void> {
  await until(
    () => log.lost(arrivals, count).length === 0,
    () => `all messages; missing are ${log.lost(arrivals, count).slice(0, 20)}`,
  );
}

describe("three nodes, the connected one is killed", () => {
  it("at 20,000 msg/s: none lost, twice only what was unconfirmed, the books balance [peers 2] [parity 50]", async () => {
    const connection = await publisher();
    const log = new OutageLog(connection);
    using steady = Load.numbers(connection, "a", 20_000);
    for (let round = 1; round <= 4; round++) {
      const before = connection.stats();
      await until(() => connection.stats().confirmed > before.confirmed + 8_000, "messages before the kill");
      const dead = serverOf(connection);
      await dead.kill();
      await until(() => connection.stats().reconnects > before.reconnects, "the reconnect");
      expect(connection.getServer()).not.toBe(dead.hostport);
      await dead.restart();
      await cluster.settled();
      await knowsOfSubscriber(dead.url);
    }
    const count = steady.stop();
    await connection.flush();
    await arrived(count, log);
    expect(log.outages).toHaveLength(4);
    expect(log.repeatedUnduly(arrivals)).toEqual([]);
    expect(expectBalanced(connection)).toMatchObject({ accepted: count, confirmed: count });
  });

  it("with replayMargin not even what only the dead node had is lost [peers 2]", async () => {
    // Longer than the servers of a busy machine keep to themselves what they have confirmed.
    const connection = await publisher({ replayMargin: 2_000 });
    using steady = Load.numbers(connection, "a", 20_000);
    await until(() => connection.stats().confirmed > 10_000, "messages before the kill");
    await serverOf(connection).kill();
    await until(() => connection.stats().reconnects === 1, "the reconnect");
    const count = steady.stop();
    await connection.flush();
    await until(
      () => arrivals.distinct === count,
      () => `all messages; missing are ${arrivals.missing(count).slice(0, 20)}`,
    );
    expectBalanced(connection);
  });

  it("0.3 s after the link was made: on to the next node at once, without a wait [peers 7] [parity 66]", async () => {
    const connection = await publisher({ reconnectTimeWait: 20_000 });
    const recorder = new Recorder(connection);
    const since = performance.now();
    await until(() => performance.now() - since > 300, "a link that is 0.3 s old");
    const dead = serverOf(connection);
    await dead.kill();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    const attempts = recorder.of("reconnecting").map(([info]) => info);
    expect(attempts.every(({ delay }) => delay === 0)).toBe(true);
    // More than the first only where that takes longer than its head start.
    expect(attempts[0].server).toBe(connection.getServer());
    expect(connection.getServer()).not.toBe(dead.hostport);
    expect(recorder.of("reconnect")[0][0].downtime).toBeLessThan(10_000);
  });

  it("and the next one right after it: still without a wait while a server is left [parity 63]", async () => {
    nc = await connect({ servers: cluster.urls, reconnectTimeWait: 20_000 });
    const recorder = new Recorder(nc);
    await serverOf(nc).kill();
    await until(() => recorder.count("reconnect") === 1, "the first reconnect");
    await serverOf(nc).kill();
    await until(() => recorder.count("reconnect") === 2, "the second reconnect");
    expect(recorder.of("reconnecting").every(([info]) => info.delay === 0)).toBe(true);
  });
});

describe("all nodes are killed and started again", () => {
  it("what was published meanwhile arrives; beforeReplay waits for the subscriber", async () => {
    const connection = await publisher({
      beforeReplay: async (self) => {
        await answered(self, "there?");
      },
      beforeReplayTimeout: 20_000,
      replayMargin: 2_000,
    });
    using steady = Load.numbers(connection, "a", 5_000);
    await until(() => connection.stats().confirmed > 2_000, "messages before the kill");
    await cluster.killAll();
    await until(() => connection.state === "reconnecting", "the outage");
    const before = steady.count;
    await until(() => steady.count > before + 500, "messages during the outage");
    await cluster.restartAll();
    await until(() => connection.stats().reconnects === 1, "the reconnect");
    await until(() => steady.count > before + 2_000, "messages after the outage");
    const count = steady.stop();
    await connection.flush();
    await until(
      () => arrivals.distinct === count,
      () => `all messages; missing are ${arrivals.missing(count).slice(0, 20)}`,
    );
    expectBalanced(connection);
  });

  it("and nothing is written to a cluster that the application does not release: until the deadline", async () => {
    const errors: unknown[] = [];
    let confirmed = -1;
    const connection = await publisher({
      beforeReplay: () => new Promise(() => {}),
      beforeReplayTimeout: 100,
    });
    connection.on("error", (error) => {
      errors.push(error);
      ({ confirmed } = connection.stats());
    });
    await cluster.killAll();
    await until(() => connection.state === "reconnecting", "the outage");
    publishNumbers(connection, "a", 0, 100);
    await cluster.restartAll();
    await until(() => errors.length > 0, "the deadline");
    expect(confirmed).toBe(0);
    await connection.flush();
    expect(errors).toMatchObject([{ code: "BEFORE_REPLAY_FAILED" }]);
    expect(expectBalanced(connection)).toMatchObject({ accepted: 100, confirmed: 100 });
  });

  it("and a beforeReplay that fails is reported, and the replay goes on", async () => {
    const errors: unknown[] = [];
    const connection = await publisher({
      beforeReplay: () => {
        throw new Error("not now");
      },
    });
    connection.on("error", (error) => errors.push(error));
    await cluster.killAll();
    await until(() => connection.state === "reconnecting", "the outage");
    publishNumbers(connection, "a", 0, 100);
    await cluster.restartAll();
    await connection.flush();
    expect(errors).toMatchObject([{ code: "BEFORE_REPLAY_FAILED" }]);
    expect(connection.stats()).toMatchObject({ confirmed: 100 });
  });
});
