import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { publishNumbers } from "../support/publisher.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
beforeEach(async () => {
  server = await NatsServer.start();
});
afterEach(() => server.close());

describe("row 15: publish × 1000, then close()", () => {
  it("all are delivered, within the close timeout", async () => {
    const subscriber = await connect({ servers: server.url });
    const arrivals = new Arrivals();
    subscriber.subscribe("a", { callback: countInto(arrivals) });
    await subscriber.flush();
    // Slow enough that they are on their way for a while.
    await using proxy = await FaultProxy.start({ target: server.hostport });
    const nc = await connect({ servers: proxy.url, ignoreClusterUpdates: true });
    proxy.addToxic({ type: "bandwidth", stream: "upstream", rate: 50_000 });
    publishNumbers(nc, "a", 0, 1_000);
    const since = performance.now();
    await nc.close();
    expect(performance.now() - since).toBeGreaterThan(100);
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 1_000, confirmed: 1_000 });
    await subscriber.flush();
    expect(arrivals.missing(1_000)).toEqual([]);
    expect([arrivals.total, arrivals.late]).toEqual([1_000, 0]);
    await subscriber.close();
  });

  it("those that no server takes within the close timeout are reported", async () => {
    const nc = await connect({ servers: server.url, closeTimeout: 200 });
    const recorder = new Recorder(nc);
    server.stop();
    publishNumbers(nc, "a", 0, 1_000);
    const since = performance.now();
    await nc.close();
    // By default it would take 5 s.
    expect(performance.now() - since).toBeLessThan(4_500);
    const { dropped, unconfirmed } = expectBalanced(nc);
    expect(dropped + unconfirmed).toBe(1_000);
    expect(recorder.of("close")).toMatchObject([[undefined, { dropped, unconfirmed }]]);
  });
});

describe("row 17: drain() while down", () => {
  it("settles within its timeout, closed, and reports what was left", async () => {
    const nc = await connect({ servers: server.url, ...EAGER, drainTimeout: 300 });
    const recorder = new Recorder(nc);
    const sub = nc.subscribe("a");
    await nc.flush();
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    publishNumbers(nc, "a", 0, 100);
    const since = performance.now();
    await nc.drain();
    expect(performance.now() - since).toBeGreaterThan(250);
    expect(performance.now() - since).toBeLessThan(4_500);
    expect([nc.isClosed(), nc.state, sub.isClosed()]).toEqual([true, "closed", true]);
    expect(await nc.closed()).toBeUndefined();
    const lost = recorder.of("messageLost").flatMap(([messages]) => messages);
    expect(lost.map(({ data }) => Number(Buffer.from(data ?? []).toString()))).toEqual([
      ...Array(100).keys(),
    ]);
    expect(lost.every(({ reason, maybeDelivered }) => reason === "closed" && !maybeDelivered)).toBe(true);
    expect(recorder.of("close")).toMatchObject([[undefined, { dropped: 100, unconfirmed: 0 }]]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 100, dropped: 100, dropReasons: { closed: 100 } });
    // No zombie: nobody dials any more.
    const dials = recorder.count("reconnecting");
    await server.restart();
    await (await connect({ servers: server.url })).close();
    expect(recorder.count("reconnecting")).toBe(dials);
  });

  it("delivers all of it when the server is back in time", async () => {
    const nc = await connect({ servers: server.url, ...EAGER });
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    publishNumbers(nc, "a", 0, 100);
    const drained = nc.drain();
    await server.restart();
    await drained;
    expect(nc.isClosed()).toBe(true);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 100, confirmed: 100 });
  });
});
