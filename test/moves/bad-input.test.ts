import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { engineOf } from "../support/inside.js";
import { Load } from "../support/load.js";
import { type Mover, Moving } from "../support/moving.js";
import { Problems } from "../support/problems.js";
import { rejection, thrown, until } from "../support/until.js";

const QUICK = { moveSettle: 3, reconnectTimeWait: 20, reconnectJitter: 0 };

let nodes: Moving;
let mover: Mover;
let nc: Connection;
let problems: Problems;
beforeAll(async () => {
  nodes = await Moving.start();
});
afterAll(() => nodes[Symbol.asyncDispose]());
beforeEach(async () => {
  problems = new Problems();
  mover = await nodes.mover(0, QUICK);
  nc = mover.nc;
});
afterEach(async () => {
  expectBalanced(nc);
  await nodes.closeConnections();
  await problems.expectNone();
  problems[Symbol.dispose]();
});

describe("nc.reconnect() called at any time [F3]", () => {
  it.each([2, 50])("%i times in a row makes one move", async (times) => {
    await Promise.all(Array.from({ length: times }, () => nc.reconnect()));
    await until(() => mover.moves.length > 0, "the move");
    // Another one would have begun with its end.
    expect(engineOf(nc).session.moves.isUnderWay).toBe(false);
    await mover.move();
    expect(mover.moves).toHaveLength(2);
    mover.expectUnnoticed();
  });

  it("again and again, in all phases of moves: nothing is lost, and it comes to rest", async () => {
    const publisher = await nodes.at(2);
    // Settling as by default: less would be promised of servers that lag behind one another, as they do on a busy machine (docs/adr/0014).
    mover = await nodes.mover(0, { ...QUICK, moveSettle: undefined });
    nc = mover.nc;
    const arrivals = new Arrivals();
    nc.subscribe("a", { callback: countInto(arrivals) });
    await nodes.known(nc);
    using steady = Load.numbers(publisher, "a", 5000);
    // The slower the machine, the fewer moves are made of so many calls.
    for (let i = 0; i < 100 || mover.moves.length <= 3; i++) {
      await nc.reconnect();
      await sleep(i % 11);
    }
    const count = steady.stop();
    await publisher.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expect(arrivals.missing(count), "lost").toEqual([]);
    expect(arrivals.repeated, "doubled").toEqual([]);
    const { moves } = engineOf(nc).session;
    await until(() => !moves.isUnderWay, "rest");
    // Another one would begin with the last event.
    for (let i = 0; i < 20; i++) {
      await nc.flush();
      expect(moves.isUnderWay).toBe(false);
    }
    expect(mover.moves.length).toBeGreaterThan(3);
    mover.expectUnnoticed();
  });

  it("in the move event itself: it goes on and on, until that is over", async () => {
    let left = 5;
    nc.on("move", () => {
      if (left-- > 0) void nc.reconnect();
    });
    await nc.reconnect();
    await until(() => mover.moves.length === 6, "six moves");
    mover.expectUnnoticed();
  });

  it("while it is draining, in the middle of a move: refused", async () => {
    await nc.reconnect();
    const drained = nc.drain();
    expect((await rejection(nc.reconnect())).code).toBe("CONNECTION_DRAINING");
    await drained;
    expect((await rejection(nc.reconnect())).code).toBe("CONNECTION_CLOSED");
  });

  it("after close(), in the middle of a move: refused", async () => {
    await nc.reconnect();
    const closed = nc.close();
    expect((await rejection(nc.reconnect())).code).toBe("CONNECTION_CLOSED");
    await closed;
    expect(mover.moves).toEqual([]);
  });
});

describe("nc.setServers() in the middle of a move [F3]", () => {
  it.each([
    ["an empty list", []],
    ["no list", undefined],
    ["nonsense", ["http://a"]],
    ["no URLs", [5]],
  ])("with %s is refused, and the move is done", async (_, servers) => {
    await nc.reconnect();
    expect(thrown(() => nc.setServers(servers as string[])).code).toBe("INVALID_OPTION");
    await until(() => mover.moves.length === 1, "the move");
    mover.expectUnnoticed();
  });

  it("to a list without the current server moves to one of it, with that as the reason", async () => {
    const [one, , three] = nodes.cluster.servers;
    nc.setServers([three.url]);
    await until(() => mover.moves.length === 1, "the move");
    expect(mover.moves).toMatchObject([{ from: one.hostport, to: three.hostport, reason: "servers" }]);
    mover.expectUnnoticed();
  });

  it("to a list with the current server moves nowhere", async () => {
    const [one, two] = nodes.cluster.servers;
    nc.setServers([two.url, one.url]);
    expect(engineOf(nc).session.moves.isUnderWay).toBe(false);
    await mover.move();
    // The first one, and its reason is the call. Where it leads to is a matter of who of the list is quicker to answer.
    expect(mover.moves).toMatchObject([{ from: one.hostport, reason: "reconnect" }]);
    mover.expectUnnoticed();
  });

  it("to a list of servers that are dead leaves the current one all the same", async () => {
    const { hostport } = nodes.cluster.servers[0];
    nc.setServers(["nats://127.0.0.1:1"]);
    await until(() => nc.state === "reconnecting", "the outage");
    nc.setServers([nodes.cluster.urls[0]]);
    await until(() => nc.state === "connected", "the reconnect");
    expect(nc.getServer()).toBe(hostport);
  });
});

describe("options of moves with nonsense", () => {
  it.each([
    ["moveSettle", -1],
    ["moveSettle", "5"],
    ["moveSettle", Number.NaN],
    ["lameDuckJitter", -1],
    ["lameDuckJitter", null],
    ["lameDuckJitter", Number.POSITIVE_INFINITY],
  ])("%s: %s is refused by its name", async (option, value) => {
    const error = await rejection(connect({ servers: nodes.cluster.urls[0], [option]: value }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", option });
  });
});
