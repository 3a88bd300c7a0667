import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../../src/index.js";
import { Random } from "../../src/testing/random.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { Load } from "../support/load.js";
import { Moving } from "../support/moving.js";
import { OutageLog } from "../support/outage-log.js";
import { Problems } from "../support/problems.js";
import { until } from "../support/until.js";

const KILLS = 6;
/** In which most moves are over, with this settling. */
const MOVE_MS = 300;
/** Settling for longer than one server lags behind another on a busy machine (docs/adr/0014). */
const QUICK = { reconnectTimeWait: 20, reconnectJitter: 0, moveSettle: 25 };

let nodes: Moving;
let subscriber: Connection;
let problems: Problems;
beforeAll(async () => {
  nodes = await Moving.start();
  subscriber = await nodes.at(2);
  subscriber.subscribe("there?", { callback: (_, msg) => msg.respond() });
  problems = new Problems();
});
afterEach(() => problems.expectNone());
afterAll(() => {
  problems[Symbol.dispose]();
  return nodes[Symbol.asyncDispose]();
});

describe("a server that dies in the middle of a move [F3]", () => {
  it.each([
    ["the old one", 0],
    ["the new one", 1],
  ])("%s: nothing that was published is lost, and the connection is there again", async (_, dying) => {
    const random = new Random(dying + 1);
    for (let i = 0; i < KILLS; i++) {
      const subject = `a.${dying}.${i}`;
      const arrivals = new Arrivals();
      const sub = subscriber.subscribe(subject, { callback: countInto(arrivals) });
      await nodes.known(subscriber);
      const nc = await nodes.at(0, QUICK);
      const log = new OutageLog(nc);
      const killed = nodes.cluster.servers[dying];
      using steady = Load.numbers(nc, subject, 2000);
      await nc.reconnect();
      const wait = random.between(0, MOVE_MS);
      await sleep(wait);
      await killed.kill();
      const { confirmed } = nc.stats();
      await until(
        () =>
          nc.state === "connected" && nc.getServer() !== killed.hostport && nc.stats().confirmed > confirmed,
        () => `a link to another server: ${nc.state} at ${nc.getServer()}, killed after ${wait} ms`,
      );
      const count = steady.stop();
      await nc.flush();
      await until(() => log.lost(arrivals, count).length === 0, "all of them").catch(() => {});
      expect(log.lost(arrivals, count), `lost, killed after ${wait} ms`).toEqual([]);
      expect(log.repeatedUnduly(arrivals)).toEqual([]);
      expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
      await nc.close();
      sub.unsubscribe();
      await killed.restart();
      await nodes.cluster.settled();
    }
  });

  it("the old one, while much comes in: a subscriber gets nothing twice, and goes on", async () => {
    const random = new Random(9);
    const publisher = await nodes.at(2);
    for (let i = 0; i < KILLS; i++) {
      const mover = await nodes.mover(0, QUICK);
      const arrivals = new Arrivals();
      mover.nc.subscribe(`b.${i}`, { callback: countInto(arrivals) });
      await nodes.known(mover.nc);
      using steady = Load.numbers(publisher, `b.${i}`, 10_000);
      await mover.nc.reconnect();
      await sleep(random.between(0, MOVE_MS));
      const { hostport } = nodes.cluster.servers[0];
      await nodes.cluster.servers[0].kill();
      await until(
        () => mover.nc.state === "connected" && mover.nc.getServer() !== hostport,
        "the other server",
      );
      const { total } = arrivals;
      await until(() => arrivals.total > total, "more messages");
      steady.stop();
      expect(arrivals.repeated, "doubled").toEqual([]);
      await mover.nc.close();
      await nodes.cluster.servers[0].restart();
      await nodes.cluster.settled();
    }
  });
});
