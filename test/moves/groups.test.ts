import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../src/index.js";
import { Arrivals, countInto } from "../support/arrivals.js";
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

function join(nc: Connection, subject: string, arrivals: Arrivals): void {
  nc.subscribe(subject, { queue: "q", callback: countInto(arrivals) });
}

async function allHave(count: number, arrivals: Arrivals): Promise<void> {
  await until(() => arrivals.distinct === count, "all of them").catch(() => {});
  expect(arrivals.missing(count), "lost").toEqual([]);
  expect(arrivals.repeated, "doubled").toEqual([]);
}

// Nobody subscribes to these subjects without a group. When a member of a group leaves its server under load, nats-server (2.15.1)
// gives some messages to plain subscribers of the subject twice: it passes them on to another member, whose server gives them to all
// its plain subscribers again. Seen with raw sockets as well: 93 of 68,000 when a member came and went 25 times a second.
describe("members of queue groups that move under load [F3]", () => {
  it("get each message once: one member of three", async () => {
    const publisher = await nodes.at(0);
    const arrivals = new Arrivals();
    const mover = await nodes.mover(1);
    const others = [await nodes.at(0), await nodes.at(2)];
    for (const nc of [mover.nc, ...others]) join(nc, "a", arrivals);
    for (const nc of [mover.nc, ...others]) await nodes.known(nc);
    using load = Load.steady(publisher, "a", RATE);
    for (let i = 0; i < 3; i++) await mover.move();
    const count = load.stop();
    await publisher.flush();
    await allHave(count, arrivals);
    mover.expectUnnoticed();
  });

  it("get each message once: the only member", async () => {
    const publisher = await nodes.at(0);
    const arrivals = new Arrivals();
    const mover = await nodes.mover(1);
    join(mover.nc, "b", arrivals);
    await nodes.known(mover.nc);
    using load = Load.steady(publisher, "b", RATE);
    for (let i = 0; i < 3; i++) await mover.move();
    const count = load.stop();
    await publisher.flush();
    await allHave(count, arrivals);
    mover.expectUnnoticed();
  });

  it("get each message once: all of them, with two groups, and the publisher too", async () => {
    const publisher = await nodes.mover(0);
    const movers = [await nodes.mover(1), await nodes.mover(2)];
    const groups = ["g", "h"].map((queue) => {
      const arrivals = new Arrivals();
      for (const { nc } of movers) nc.subscribe("c", { queue, callback: countInto(arrivals) });
      return arrivals;
    });
    for (const { nc } of movers) await nodes.known(nc);
    using load = Load.steady(publisher.nc, "c", RATE);
    for (let i = 0; i < 2; i++) await Promise.all([publisher, ...movers].map((one) => one.move()));
    const count = load.stop();
    await publisher.nc.flush();
    for (const arrivals of groups) await allHave(count, arrivals);
    for (const mover of movers) mover.expectUnnoticed();
  });

  it("with a max get as many as that, and no more", async () => {
    const publisher = await nodes.at(0);
    const mover = await nodes.mover(1);
    let got = 0;
    const sub = mover.nc.subscribe("d", { queue: "q", max: 30_000, callback: () => void got++ });
    await nodes.known(mover.nc);
    using load = Load.steady(publisher, "d", RATE);
    await mover.move();
    await until(() => sub.isClosed(), "the last one");
    await load.stop();
    await mover.nc.flush();
    expect(got).toBe(30_000);
    mover.expectUnnoticed();
  });
});
