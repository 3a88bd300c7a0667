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
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { rejection, until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

/** Connected to a server that takes everything and confirms nothing; a good one is next. */
describe("what was handed to a link that died without a confirmation", () => {
  let mute: FakeServer;
  let good: NatsServer;
  let nc: Connection;
  let arrivals: Arrivals;
  let recorder: Recorder;
  beforeEach(async () => {
    [mute, good] = await Promise.all([FakeServer.start(onlyOnce(speaksNats({}, 2))), NatsServer.start()]);
  });
  afterEach(async () => {
    await nc.close();
    await mute[Symbol.asyncDispose]();
    await good.close();
  });

  async function start(options: ConnectionOptions): Promise<void> {
    nc = await connectAtFirst([mute.url, good.url], { ...EAGER, ...options });
    recorder = new Recorder(nc);
    arrivals = new Arrivals();
    nc.subscribe("a", { callback: countInto(arrivals) });
  }

  async function written(count: number): Promise<void> {
    await until(() => mute.last.times("PUB a ") === count, "all are written");
  }

  it("is written again under at-least-once, the default", async () => {
    await start({});
    publishNumbers(nc, "a", 0, 100);
    await written(100);
    mute.last.socket.resetAndDestroy();
    await nc.flush();
    expect(arrivals.missing(100)).toEqual([]);
    expect(recorder.of("disconnect")[0][1]).toMatchObject({ unconfirmed: 100, abandoned: 0 });
    expect(recorder.of("reconnect")[0][0]).toMatchObject({ replayed: 100 });
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 100, unconfirmed: 0, replayed: 100 });
  });

  it("is never written again under at-most-once, and is counted as unconfirmed", async () => {
    await start({ delivery: "at-most-once" });
    publishNumbers(nc, "a", 0, 100);
    await written(100);
    mute.last.socket.resetAndDestroy();
    await until(() => recorder.count("disconnect") === 1, "the outage");
    publishNumbers(nc, "a", 100, 200);
    await nc.flush();
    expect(arrivals.total).toBe(100);
    expect(arrivals.missing(200)).toEqual([...Array(100).keys()]);
    expect(recorder.of("disconnect")[0][1]).toMatchObject({ unconfirmed: 0, abandoned: 100 });
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 100, unconfirmed: 100, replayed: 0 });
  });

  it("rejects publishConfirmed() under at-most-once: it may have been delivered", async () => {
    await start({ delivery: "at-most-once" });
    const sent = rejection<Error & { code: string; maybeDelivered: boolean }>(nc.publishConfirmed("a", "0"));
    await written(1);
    mute.last.socket.resetAndDestroy();
    expect(await sent).toMatchObject({ code: "UNCONFIRMED", maybeDelivered: true, subject: "a" });
  });

  it("is decided by each publish with its option replay", async () => {
    await start({});
    for (let i = 0; i < 100; i++) nc.publish("a", String(i), { replay: i % 2 === 0 });
    await written(100);
    mute.last.socket.resetAndDestroy();
    await nc.flush();
    expect(arrivals.missing(100)).toEqual(Array.from({ length: 50 }, (_, i) => 2 * i + 1));
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 50, unconfirmed: 50 });
  });

  it("is decided by each publish with its option replay also under at-most-once", async () => {
    await start({ delivery: "at-most-once" });
    for (let i = 0; i < 100; i++) nc.publish("a", String(i), { replay: i % 2 === 0 });
    await written(100);
    mute.last.socket.resetAndDestroy();
    await nc.flush();
    expect(arrivals.distinct).toBe(50);
    expect(expectBalanced(nc)).toMatchObject({ confirmed: 50, unconfirmed: 50 });
  });

  it("is not replayed when it is JetStream's control traffic; a pull is not even buffered", async () => {
    await start({});
    const subjects = ["$JS.ACK.S.C.1.1.1.1.0", "$JS.API.STREAM.CREATE.S", "$JS.hub.API.STREAM.DELETE.S"];
    for (const subject of subjects) nc.publish(subject, "written");
    await until(() => mute.last.times(/PUB \$JS/) === 3, "all are written");
    const outage = new Promise((resolve) => nc.once("disconnect", resolve));
    mute.last.socket.resetAndDestroy();
    await outage;
    nc.publish("$JS.ACK.S.C.1.2.2.2.0", "buffered");
    nc.publish("$JS.API.CONSUMER.MSG.NEXT.S.C", "10", { reply: "here" });
    await nc.flush();
    expect(expectBalanced(nc)).toMatchObject({
      accepted: 5,
      confirmed: 1,
      unconfirmed: 3,
      dropped: 1,
      dropReasons: { pull: 1 },
      replayed: 0,
    });
  });
});

describe("at-most-once in a cluster", () => {
  it("nothing arrives twice, whatever dies [B2]", async () => {
    await using cluster = await NatsCluster.start();
    const options: ConnectionOptions = { ignoreClusterUpdates: true, ...EAGER };
    const subscriber = await connect({ servers: cluster.servers[2].url, ...options });
    const arrivals = new Arrivals();
    subscriber.subscribe("a", { callback: countInto(arrivals) });
    subscriber.subscribe("there?", { callback: (_, msg) => msg.respond() });
    await subscriber.flush();
    const servers = cluster.urls.slice(0, 2);
    const nc = await connect({ servers, delivery: "at-most-once", ...options });
    using steady = Load.numbers(nc, "a", 20_000);
    for (let round = 1; round <= 3; round++) {
      const { confirmed, reconnects } = nc.stats();
      await until(() => nc.stats().confirmed > confirmed + 4_000, "messages before the kill");
      const dead = cluster.servers.find((server) => server.hostport === nc.getServer());
      await dead?.kill();
      await until(() => nc.stats().reconnects > reconnects, "the reconnect");
      await dead?.restart();
      await cluster.settled();
    }
    // The last message arrives only where the server knows of the subscriber.
    await using probe = await connect({ ...options, servers: nc.getServer() });
    await answered(probe, "there?");
    const count = steady.stop();
    await nc.flush();
    const { confirmed, unconfirmed } = expectBalanced(nc);
    expect(confirmed + unconfirmed).toBe(count);
    await until(() => arrivals.timesOf(count - 1) > 0, "the last message");
    expect(arrivals.duplicates).toBe(0);
    await Promise.all([nc.close(), subscriber.close()]);
  });
});
