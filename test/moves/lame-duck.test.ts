import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { deadUrl } from "../support/fake-server.js";
import { Load } from "../support/load.js";
import { Moving } from "../support/moving.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

/** The shortest duration that a server takes; after the grace period it sends its clients away. */
const ends = (grace: string) => `lame_duck_grace_period: "${grace}"\nlame_duck_duration: "30s"\n`;

const QUICK = { reconnectTimeWait: 20, reconnectJitter: 0 };

describe("a server that shuts down (lame duck) [F3]", () => {
  let nodes: Moving;
  beforeEach(async () => {
    nodes = await Moving.start({ config: ends("20s") });
  });
  afterEach(() => nodes[Symbol.asyncDispose]());

  it("is left by publisher and subscriber before it sends them away; nobody notices", async () => {
    // One other server alone: a third one would be dialled beside it where that takes longer to answer than it has a head start.
    const servers = nodes.cluster.urls.slice(0, 2);
    const publisher = await nodes.mover(0, { servers, lameDuckJitter: 100 });
    const subscriber = await nodes.mover(0, { servers, lameDuckJitter: 100 });
    const arrivals = new Arrivals();
    subscriber.nc.subscribe("a", { callback: countInto(arrivals) });
    await nodes.known(subscriber.nc);
    const [duck, next] = nodes.cluster.servers;
    const movers = [publisher, subscriber];
    const told = movers.map(({ nc }) => new Recorder(nc, ["lameDuck", "move"]));
    using load = Load.steady(publisher.nc, "a", 20_000);
    duck.lameDuck();
    await until(
      () => movers.every(({ moves }) => moves.length === 1),
      () => `both moves; told: ${JSON.stringify(told.map(({ events }) => events))}`,
      20_000,
    );
    const count = load.stop();
    await publisher.nc.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expect(arrivals.missing(count), "lost").toEqual([]);
    expect(arrivals.repeated, "doubled").toEqual([]);
    const move = { from: duck.hostport, to: next.hostport, reason: "lame-duck" };
    for (const mover of movers) {
      mover.expectUnnoticed();
      expect(mover.moves).toMatchObject([move]);
    }
    for (const recorder of told) expect(recorder.names()).toEqual(["lameDuck", "move"]);
    expect(duck.running, "it has not sent them away yet").toBe(true);
  });

  it("is left for one that is a lame duck before the move is done, and that for the third", async () => {
    const mover = await nodes.mover(0, { lameDuckJitter: 10 });
    const arrivals = new Arrivals();
    mover.nc.subscribe("b", { callback: countInto(arrivals) });
    await nodes.known(mover.nc);
    const publisher = await nodes.at(2);
    const [duck, ...others] = nodes.cluster.servers;
    using load = Load.steady(publisher, "b", 5000);
    duck.lameDuck();
    await until(() => mover.nc.getServer() !== duck.hostport, "the first move");
    // Which of them it is at is a matter of who is quicker to answer.
    const isThere = ({ hostport }: NatsServer) => hostport === mover.nc.getServer();
    const second = others.find(isThere)!;
    const third = others.find((server) => server !== second)!;
    second.lameDuck();
    await until(() => isThere(third), "the second move");
    await until(() => mover.moves.length === 2, "both events");
    const count = load.stop();
    await publisher.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expect(arrivals.missing(count), "lost").toEqual([]);
    expect(arrivals.repeated, "doubled").toEqual([]);
    mover.expectUnnoticed();
    expect(mover.moves.map(({ reason }) => reason)).toEqual(["lame-duck", "lame-duck"]);
  });

  it("is left by many clients at different times, within lameDuckJitter", async () => {
    const jitter = 1000;
    const movers = await Promise.all(
      Array.from({ length: 30 }, () => nodes.mover(0, { lameDuckJitter: jitter, moveSettle: 1 })),
    );
    const times: number[] = [];
    for (const { nc } of movers) nc.on("move", () => times.push(performance.now()));
    nodes.cluster.servers[0].lameDuck();
    await until(() => times.length === movers.length, "all moves");
    for (const mover of movers) mover.expectUnnoticed();
    // When the first one goes is a matter of when it hears of it, and of what thirty moves take here.
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(jitter / 2);
  });
});

describe("a lame duck with nobody else there [F3]", () => {
  it("is used until it sends its clients away; what is published meanwhile and afterwards is not lost", async () => {
    await using server = await NatsServer.start({ config: ends("1s") });
    const servers = [server.url, await deadUrl()];
    await using nc = await connect({ servers, lameDuckJitter: 10, timeout: 2_000, ...QUICK });
    const recorder = new Recorder(nc, ["lameDuck", "move", "disconnect", "reconnect"]);
    using load = Load.steady(nc, "a", 1000);
    const since = performance.now();
    server.lameDuck();
    await until(() => recorder.count("disconnect") > 0, "the end of its grace period");
    expect(performance.now() - since).toBeGreaterThan(900);
    await until(() => !server.running, "its end");
    await server.restart();
    await until(() => recorder.count("reconnect") > 0, "the reconnect");
    const count = load.stop();
    await nc.flush();
    expect(recorder.names()).toEqual(["lameDuck", "disconnect", "reconnect"]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });
});
