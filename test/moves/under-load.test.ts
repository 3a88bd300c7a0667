import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { Load } from "../support/load.js";
import { Moving } from "../support/moving.js";
import { until } from "../support/until.js";

const RATE = 20_000;

let nodes: Moving;
beforeAll(async () => {
  nodes = await Moving.start();
});
afterAll(() => nodes[Symbol.asyncDispose]());
afterEach(() => nodes.closeConnections());

/** Every number once, and in order. */
function expectEach(arrivals: Arrivals, count: number): void {
  expect(arrivals.missing(count), "lost").toEqual([]);
  expect(arrivals.repeated, "doubled").toEqual([]);
}

describe(`moves under a load of ${RATE} messages a second [F3]`, () => {
  it("of a plain subscriber: nothing lost, nothing doubled, nothing out of order", async () => {
    const publisher = await nodes.at(0);
    const subscriber = await nodes.mover(1);
    const arrivals = new Arrivals();
    subscriber.nc.subscribe("a", { callback: countInto(arrivals) });
    await nodes.known(subscriber.nc);
    using load = Load.steady(publisher, "a", RATE);
    for (let i = 0; i < 3; i++) await subscriber.move();
    const count = load.stop();
    await publisher.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expectEach(arrivals, count);
    expect(arrivals.late, "out of order").toBe(0);
    subscriber.expectUnnoticed();
    expect(subscriber.moves.reduce((sum, { twins }) => sum + twins, 0)).toBeGreaterThan(1000);
  });

  it("of a publisher: nothing lost, nothing doubled", async () => {
    const publisher = await nodes.mover(0);
    const subscriber = await nodes.at(1);
    const arrivals = new Arrivals();
    subscriber.subscribe("b", { callback: countInto(arrivals) });
    await nodes.known(subscriber);
    using load = Load.steady(publisher.nc, "b", RATE);
    for (let i = 0; i < 3; i++) await publisher.move();
    const count = load.stop();
    await publisher.nc.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expectEach(arrivals, count);
    publisher.expectUnnoticed();
    expect(expectBalanced(publisher.nc)).toMatchObject({ accepted: count, confirmed: count, replayed: 0 });
  });

  it("of a connection that does both: it gets each message of its own once", async () => {
    const mover = await nodes.mover(2);
    const arrivals = new Arrivals();
    mover.nc.subscribe("c", { callback: countInto(arrivals) });
    using load = Load.steady(mover.nc, "c", RATE);
    for (let i = 0; i < 3; i++) await mover.move();
    const count = load.stop();
    await mover.nc.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expectEach(arrivals, count);
    mover.expectUnnoticed();
  });

  it("of publisher and subscribers at the same time", async () => {
    const publisher = await nodes.mover(0);
    const subscribers = [await nodes.mover(1), await nodes.mover(2)];
    const arrivals = subscribers.map(({ nc }) => {
      const its = new Arrivals();
      nc.subscribe("d", { callback: countInto(its) });
      return its;
    });
    for (const { nc } of subscribers) await nodes.known(nc);
    using load = Load.steady(publisher.nc, "d", RATE);
    for (let i = 0; i < 2; i++) await Promise.all([publisher, ...subscribers].map((one) => one.move()));
    const count = load.stop();
    await publisher.nc.flush();
    await until(() => arrivals.every((its) => its.distinct === count), "all of them").catch(() => {});
    for (const its of arrivals) expectEach(its, count);
    for (const mover of [publisher, ...subscribers]) mover.expectUnnoticed();
  });
});

describe("the move event", () => {
  it("comes once, tells from where to where, and when getServer() tells the new server", async () => {
    const { nc } = await nodes.mover(0, { moveSettle: 5 });
    const [one, ...others] = nodes.cluster.servers;
    const seen: unknown[] = [];
    nc.on("move", (info) => seen.push(info, nc.getServer(), nc.info?.server_name));
    await nc.reconnect();
    await until(() => seen.length > 0, "the move");
    await nc.flush();
    // Which of the others it is, is a matter of who is quicker to answer.
    const next = others.find(({ hostport }) => hostport === nc.getServer());
    expect(seen).toEqual([
      {
        from: one.hostport,
        to: next?.hostport,
        reason: "reconnect",
        overlap: expect.any(Number),
        twins: 0,
      },
      next?.hostport,
      next?.name,
    ]);
    expect((seen[0] as { overlap: number }).overlap).toBeGreaterThanOrEqual(5);
  });
});
