import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ConnectionOptions } from "../../src/index.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { Load } from "../support/load.js";
import { Moving } from "../support/moving.js";
import { until } from "../support/until.js";

let nodes: Moving;
beforeAll(async () => {
  nodes = await Moving.start({ tls: true, websocket: { tls: true } });
});
afterAll(() => nodes[Symbol.asyncDispose]());
afterEach(() => nodes.closeConnections());

describe("moves of links with TLS [F3]", () => {
  it.each<[string, () => ConnectionOptions]>([
    ["TLS upon TCP", () => ({})],
    ["websockets (wss)", () => ({ servers: nodes.cluster.wsUrls })],
  ])("%s: nothing is lost, nothing doubled", async (_, ofLink) => {
    const { tls } = nodes.cluster;
    const publisher = await nodes.mover(0, { tls, ...ofLink() });
    const subscriber = await nodes.mover(1, { tls, ...ofLink() });
    const arrivals = new Arrivals();
    subscriber.nc.subscribe("a", { callback: countInto(arrivals) });
    await nodes.known(subscriber.nc, { tls });
    using load = Load.steady(publisher.nc, "a", 10_000);
    for (let i = 0; i < 2; i++) {
      await subscriber.move();
      await publisher.move();
    }
    const count = load.stop();
    await publisher.nc.flush();
    await until(() => arrivals.distinct === count, "all of them").catch(() => {});
    expect(arrivals.missing(count), "lost").toEqual([]);
    expect(arrivals.repeated, "doubled").toEqual([]);
    for (const mover of [publisher, subscriber]) mover.expectUnnoticed();
  });
});
