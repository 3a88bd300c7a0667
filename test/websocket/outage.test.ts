import { afterEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { NatsServer } from "../../src/testing/server.js";
import { answered } from "../support/answered.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { connectAtFirst } from "../support/at-first.js";
import { expectBalanced } from "../support/books.js";
import { Cleanup } from "../support/cleanup.js";
import { Load } from "../support/load.js";
import { OutageLog } from "../support/outage-log.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

const cleanup = new Cleanup();
afterEach(() => cleanup[Symbol.asyncDispose]());

async function connected(servers: string | undefined, options: ConnectionOptions = {}): Promise<Connection> {
  return cleanup.use(await connect({ servers, ...EAGER, ...options }));
}

describe("a websocket server that is killed and restarted", () => {
  it.each([false, true])("costs no message, compressed: %s", async (compression) => {
    const server = cleanup.use(await NatsServer.start({ websocket: { compression } }));
    const nc = await connected(server.wsUrl, { websocket: { compression } });
    const arrivals = new Arrivals();
    const log = new OutageLog(nc);
    nc.subscribe("a", { callback: countInto(arrivals) });
    using publisher = Load.numbers(nc, "a", 5_000);
    for (let round = 1; round <= 3; round++) {
      const { confirmed } = nc.stats();
      await until(() => nc.stats().confirmed > confirmed + 500, "messages before the outage");
      await server.kill();
      await until(() => nc.state === "reconnecting", "the outage");
      const accepted = publisher.count;
      await until(() => publisher.count >= accepted + 300, "messages accepted during the outage");
      await server.restart();
      await until(() => nc.stats().reconnects === round, "the reconnect");
    }
    const count = publisher.stop();
    await nc.flush();
    expect(log.lost(arrivals, count)).toEqual([]);
    expect(log.repeatedUnduly(arrivals)).toEqual([]);
    expect(arrivals.late).toBe(0);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });

  it("is told as what it is: nobody listens", async () => {
    const server = cleanup.use(await NatsServer.start({ websocket: true }));
    const nc = await connected(server.wsUrl);
    const recorder = new Recorder(nc, ["attemptFailed"]);
    // While it dies a server may still take a connection, and reset it.
    const refused = () => recorder.of("attemptFailed").find(([, { cause }]) => cause.kind === "refused");
    await server.kill();
    await until(() => refused() !== undefined, "a refused attempt");
    expect(refused()![0]).toMatchObject({ code: "CONNECTION_REFUSED" });
    await server.restart();
    await until(() => nc.stats().reconnects === 1, "the reconnect");
  });
});

describe("a websocket server that is frozen", () => {
  it("is noticed with the burst on its way, memory does not grow, and nothing is lost", async () => {
    const cluster = cleanup.use(await NatsCluster.start({ websocket: true, size: 2 }));
    const subscriber = await connected(cluster.wsUrls[1], { ignoreClusterUpdates: true });
    const arrivals = new Arrivals();
    subscriber.subscribe("a", { callback: countInto(arrivals) });
    subscriber.subscribe("there?", { callback: (_, msg) => msg.respond() });
    await subscriber.flush();
    const probe = await connected(cluster.wsUrls[0], { ignoreClusterUpdates: true });
    await answered(probe, "there?");
    const nc = await connectAtFirst(cluster.wsUrls, { ...EAGER, stallTimeout: 700 });
    cleanup.use(nc);
    const log = new OutageLog(nc);
    const recorder = new Recorder(nc);
    using steady = Load.numbers(nc, "a", 10_000);
    await until(() => nc.stats().confirmed > 2_000, "messages before the freeze");
    cluster.servers[0].stop();
    // PINGs alone would take longer than is waited here.
    await until(() => recorder.count("reconnect") === 1, "the move to the other node");
    expect(recorder.of("disconnect")[0][0]).toMatchObject({ code: "STALE_CONNECTION" });
    const count = steady.stop();
    await nc.flush();
    await until(() => log.lost(arrivals, count).length === 0, "all messages");
    expectBalanced(nc);
  });
});

describe("a cluster behind websockets", () => {
  it("tells its websocket servers, and the connection survives each of them in turn [parity 199]", async () => {
    const cluster = cleanup.use(await NatsCluster.start({ websocket: true }));
    const nc = await connected(cluster.wsUrls[0]);
    const names = cluster.wsUrls.map((url) => url.replace("ws://", ""));
    // A server may have its routes a moment before it tells of them.
    await until(() => nc.getServers().length === names.length, "gossip");
    const known = nc.getServers().map(({ listen }) => listen);
    expect(known.toSorted()).toEqual(names.toSorted());
    const recorder = new Recorder(nc);
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
    for (let round = 1; round <= 3; round++) {
      const at = cluster.servers[names.indexOf(nc.getServer())];
      await at.kill();
      await until(() => recorder.count("reconnect") === round, `reconnect ${round}`);
      expect(names).toContain(nc.getServer());
      nc.publish("a", `${round}`);
      await nc.flush();
      await at.restart();
      await cluster.settled();
    }
    expect(got).toEqual(["1", "2", "3"]);
  });

  it("tells of lame duck mode", async () => {
    const server = cleanup.use(
      await NatsServer.start({ websocket: true, config: 'lame_duck_duration: "30s"' }),
    );
    const nc = await connected(server.wsUrl);
    const recorder = new Recorder(nc);
    server.lameDuck();
    await until(() => recorder.count("lameDuck") > 0, "the event");
    expect(recorder.of("lameDuck")).toEqual([[{ server: nc.getServer() }]]);
  });
});
