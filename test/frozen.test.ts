import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import { NatsServer } from "../src/testing/server.js";
import { answered } from "./support/answered.js";
import { Arrivals, countInto } from "./support/arrivals.js";
import { connectAtFirst } from "./support/at-first.js";
import { expectBalanced } from "./support/books.js";
import { FakeServer, speaksNats } from "./support/fake-server.js";
import { Load } from "./support/load.js";
import { onlyOnce } from "./support/only-once.js";
import { OutageLog } from "./support/outage-log.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

/** ms of silence that are borne here: the servers that go on have to answer within it, on a busy machine as well. */
const STALL = 1_200;

describe("a frozen node (SIGSTOP) of a cluster", () => {
  let cluster: NatsCluster;
  let subscriber: Connection;
  let arrivals: Arrivals;
  let nc: Connection;
  beforeEach(async () => {
    cluster = await NatsCluster.start();
    subscriber = await connect({ servers: cluster.servers[2].url, ignoreClusterUpdates: true });
    arrivals = new Arrivals();
    subscriber.subscribe("a", { callback: countInto(arrivals) });
    subscriber.subscribe("there?", { callback: (_, msg) => msg.respond() });
    await subscriber.flush();
  });
  afterEach(async () => {
    await Promise.all([nc.close(), subscriber.close()]);
    await cluster.close();
  });

  async function publisher(options: ConnectionOptions): Promise<Connection> {
    const servers = cluster.urls.slice(0, 2);
    for (const url of servers) {
      const probe = await connect({ servers: url, ignoreClusterUpdates: true });
      await answered(probe, "there?");
      await probe.close();
    }
    // Last: before it is watched it must not have time to leave its server.
    nc = await connectAtFirst(servers, { ignoreClusterUpdates: true, timeout: 1000, ...options });
    return nc;
  }

  it("is left when bytes wait for stallTimeout; nothing is lost, or delivered twice but the unconfirmed [peers 4]", async () => {
    await publisher({ stallTimeout: STALL });
    const log = new OutageLog(nc);
    const recorder = new Recorder(nc);
    const [frozen, other] = cluster.servers;
    using steady = Load.numbers(nc, "a", 20_000);
    await until(() => nc.stats().confirmed > 5_000, "messages before the freeze");
    frozen.stop();
    await until(() => recorder.count("reconnect") === 1, "the move to another node");
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "STALE_CONNECTION" });
    // What it was borne; how late this machine lets a timer fire comes on top of it.
    const [, waited] = /nothing moved for (\d+) ms/.exec(recorder.of("disconnect")[0][0]!.message)!;
    expect(Number(waited)).toBeLessThanOrEqual(STALL);
    expect(nc.getServer()).toBe(other.hostport);
    const { count: atTheMove } = steady;
    await until(() => steady.count > atTheMove + 5_000, "messages after the move");
    const count = steady.stop();
    await nc.flush();
    await until(() => log.lost(arrivals, count).length === 0, "all messages");
    frozen.cont();
    await cluster.settled();
    await subscriber.flush();
    expect(log.outages).toHaveLength(1);
    expect(log.repeatedUnduly(arrivals)).toEqual([]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });

  it("is left also with more unsent data than the kernel takes [peers 5]", async () => {
    await publisher({ stallTimeout: STALL, reconnectBufSize: 64 * 1024 * 1024 });
    const recorder = new Recorder(nc);
    let bytes = 0;
    subscriber.subscribe("large", {
      callback: (_, msg) => {
        bytes += msg.data.length;
      },
    });
    await subscriber.flush();
    cluster.servers[0].stop();
    const payload = Buffer.alloc(500_000);
    for (let i = 0; i < 60; i++) nc.publish("large", payload);
    await until(() => recorder.count("reconnect") === 1, "the move to another node");
    await nc.flush();
    await until(() => bytes >= 30_000_000, "all of it");
    expect(expectBalanced(nc)).toMatchObject({ accepted: 60, confirmed: 60 });
  });

  it("is left by an idle connection within pingInterval × (maxPingOut + 1) [parity 119]", async () => {
    await publisher({ pingInterval: 100, maxPingOut: 2, stallTimeout: 0 });
    const recorder = new Recorder(nc);
    const statuses: string[] = [];
    (async () => {
      for await (const status of nc.status()) statuses.push(status.type);
    })();
    await nc.rtt();
    cluster.servers[0].stop();
    await until(() => recorder.count("reconnect") === 1, "the move to another node");
    expect(recorder.of("disconnect")[0][0]).toMatchObject({
      code: "STALE_CONNECTION",
      message: expect.stringContaining("for 300 ms"),
    });
    // More than two for a server that has once taken its time to answer, as it may on a busy machine.
    expect(statuses.join()).toMatch(/^(ping,){2,}staleConnection,disconnect/);
    expect(nc.getServer()).toBe(cluster.servers[1].hostport);
  });

  it("that is dialled does not hold up the next one beyond the attempt's deadline", async () => {
    await publisher({});
    const [first, second] = cluster.servers;
    nc.setServers([first.url, second.url, cluster.servers[2].url]);
    second.stop();
    await first.kill();
    publishNumbers(nc, "a", 0, 100);
    await until(() => nc.getServer() === cluster.servers[2].hostport, "the third node");
    await nc.flush();
    await until(() => arrivals.distinct === 100, "all messages");
  });
});

describe("silence", () => {
  it("is no reason to leave a server while nothing waits for it", async () => {
    await using fake = await FakeServer.start(speaksNats({}, 2));
    await using nc = await connect({ servers: fake.url, stallTimeout: 100, drainTimeout: 10 });
    const recorder = new Recorder(nc);
    const since = performance.now();
    await until(() => performance.now() - since > 300, "three times stallTimeout");
    expect(recorder.names()).toEqual([]);
  });

  it("after a long idle time a large burst is not taken for a stall", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url, stallTimeout: 1_000 });
    const recorder = new Recorder(nc);
    const since = performance.now();
    await until(() => performance.now() - since > 1_200, "longer than stallTimeout");
    const payload = Buffer.alloc(1_000_000);
    for (let i = 0; i < 40; i++) nc.publish("a", payload);
    await nc.flush();
    expect(recorder.names()).toEqual([]);
  });

  it("while this process itself stood still is no reason to leave a server", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({
      servers: server.url,
      // Shorter together than it stands still, and so long that a server on a busy machine answers within them.
      stallTimeout: 800,
      pingInterval: 600,
      maxPingOut: 1,
    });
    const recorder = new Recorder(nc);
    await nc.flush();
    nc.publish("a", "x");
    // Its PING is written, and its PONG is there long before anybody reads it.
    const flushed = nc.flush();
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_200);
    await flushed;
    await nc.flush();
    expect(recorder.names()).toEqual([]);
  });

  it("of a server that answers neither is noticed while messages go on being published [parity 131]", async () => {
    await using mute = await FakeServer.start(onlyOnce(speaksNats({}, 2)));
    await using good = await NatsServer.start();
    const servers = [mute.url, good.url];
    await using nc = await connectAtFirst(servers, { stallTimeout: 200, drainTimeout: 10 });
    const recorder = new Recorder(nc);
    using steady = Load.numbers(nc, "a", 5_000);
    await until(() => recorder.count("reconnect") === 1, "the move");
    const count = steady.stop();
    await nc.flush();
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "STALE_CONNECTION" });
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });

  it("of an idle server that answers no PING leads to another one [parity 119]", async () => {
    await using mute = await FakeServer.start(onlyOnce(speaksNats({}, 2)));
    await using good = await NatsServer.start();
    const options = { pingInterval: 60, maxPingOut: 2, stallTimeout: 0 };
    await using nc = await connectAtFirst([mute.url, good.url], options);
    await until(() => nc.getServer() === good.hostport, "the move");
    // Two of the handshake and two without an answer, or more of these where its answers had taken their time.
    expect(mute.links[0].times("PING\r\n")).toBeGreaterThanOrEqual(4);
  });
});
