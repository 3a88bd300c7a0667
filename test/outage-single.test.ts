import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { answered } from "./support/answered.js";
import { Arrivals, countInto } from "./support/arrivals.js";
import { expectBalanced } from "./support/books.js";
import { Load } from "./support/load.js";
import { OutageLog } from "./support/outage-log.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
const open: Connection[] = [];
beforeEach(async () => {
  server = await NatsServer.start();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((nc) => nc.close()));
  await server.close();
});

async function connected(options: ConnectionOptions = {}): Promise<Connection> {
  const nc = await connect({ servers: server.url, ...EAGER, ...options });
  open.push(nc);
  return nc;
}

/** Kills the server, and starts it again when so many more messages have been accepted meanwhile. */
async function outage(nc: Connection, publisher: Load, messages: number): Promise<void> {
  const { reconnects } = nc.stats();
  await server.kill();
  await until(() => nc.state === "reconnecting", "the outage");
  const accepted = publisher.count;
  await until(() => publisher.count >= accepted + messages, "messages accepted during the outage");
  await server.restart();
  await until(() => nc.stats().reconnects > reconnects, "the reconnect");
}

describe("one server, killed and restarted [B1, B2, peers 1]", () => {
  it("all arrive, in order, at a subscription of the same connection; twice only what was unconfirmed [parity 43]", async () => {
    const nc = await connected();
    const arrivals = new Arrivals();
    const log = new OutageLog(nc);
    nc.subscribe("a", { callback: countInto(arrivals) });
    using publisher = Load.numbers(nc, "a", 5_000);
    for (let round = 1; round <= 4; round++) {
      const { confirmed } = nc.stats();
      await until(() => nc.stats().confirmed > confirmed + 500, "messages before the outage");
      await outage(nc, publisher, 300);
    }
    const count = publisher.stop();
    await nc.flush();
    expect(log.outages).toHaveLength(4);
    expect(log.lost(arrivals, count)).toEqual([]);
    expect(log.repeatedUnduly(arrivals)).toEqual([]);
    expect(arrivals.late).toBe(0);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
  });

  it("all arrive, in order, at another client that beforeReplay waits for", async () => {
    const subscriber = await connected();
    const arrivals = new Arrivals();
    subscriber.subscribe("a", { callback: countInto(arrivals) });
    subscriber.subscribe("there?", { callback: (_, msg) => msg.respond() });
    await subscriber.flush();
    let held = 0;
    const nc = await connected({
      // Longer than a server on a busy machine keeps to itself what it has confirmed.
      replayMargin: 2_000,
      beforeReplay: async (self) => {
        held++;
        await answered(self, "there?");
      },
    });
    using publisher = Load.numbers(nc, "a", 5_000);
    for (let round = 1; round <= 3; round++) {
      const { confirmed } = nc.stats();
      await until(() => nc.stats().confirmed > confirmed + 500, "messages before the outage");
      await outage(nc, publisher, 300);
    }
    const count = publisher.stop();
    await nc.flush();
    await subscriber.flush();
    expect(held).toBe(3);
    expect(arrivals.missing(count)).toEqual([]);
    expect(arrivals.late).toBe(0);
    expectBalanced(nc);
  });

  it("with replayMargin all arrive, whatever the server had done with what it confirmed last", async () => {
    const nc = await connected({ replayMargin: 500 });
    const arrivals = new Arrivals();
    nc.subscribe("a", { callback: countInto(arrivals) });
    using publisher = Load.numbers(nc, "a", 5_000);
    for (let round = 1; round <= 2; round++) {
      const { confirmed } = nc.stats();
      await until(() => nc.stats().confirmed > confirmed + 500, "messages before the outage");
      await outage(nc, publisher, 100);
    }
    const count = publisher.stop();
    await nc.flush();
    expect(arrivals.missing(count)).toEqual([]);
    expect(arrivals.duplicates).toBeGreaterThan(0);
    expect(expectBalanced(nc)).toMatchObject({ accepted: count, confirmed: count });
    expect(nc.stats().replayed).toBeGreaterThanOrEqual(arrivals.duplicates);
  });

  it("what was published during the outage goes out before what is published after it", async () => {
    const nc = await connected();
    const arrivals = new Arrivals();
    nc.subscribe("a", { callback: countInto(arrivals) });
    await nc.flush();
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    publishNumbers(nc, "a", 0, 10_000);
    nc.once("reconnect", () => publishNumbers(nc, "a", 10_000, 20_000));
    await server.restart();
    await until(() => arrivals.distinct === 20_000, "all messages");
    expect([arrivals.duplicates, arrivals.late]).toEqual([0, 0]);
    expectBalanced(nc);
  });

  it("large messages are replayed whole: no frame is joined to one of the dead link", async () => {
    const nc = await connected({ maxPending: 128 * 1024 * 1024 });
    const broken: number[] = [];
    const seen = new Set<number>();
    nc.subscribe("large", {
      callback: (_, msg) => {
        const { data } = msg;
        const number = data[0];
        seen.add(number);
        if (data.length !== 900_000 + number || data.some((byte) => byte !== number)) broken.push(number);
      },
    });
    await nc.flush();
    for (let i = 0; i < 60; i++) nc.publish("large", Buffer.alloc(900_000 + i, i));
    await until(() => seen.size > 3, "some have arrived");
    await server.restart();
    await until(() => seen.size === 60, "all have arrived");
    expect(broken).toEqual([]);
    await nc.flush();
    expectBalanced(nc);
  });

  it("a server that is away for more attempts than nats.js makes is waited for [peers 14]", async () => {
    const nc = await connected();
    let attempts = 0;
    nc.on("reconnecting", ({ server: dialled }) => {
      if (dialled !== "") attempts++;
    });
    await server.kill();
    nc.publish("a", "while it is away");
    await until(() => attempts > 40, "more than 40 attempts");
    expect(nc.state).toBe("reconnecting");
    await server.restart();
    await nc.flush();
    expect(nc.stats()).toMatchObject({ confirmed: 1, pending: 0 });
  });

  it("verbose and pedantic connections come back, too [parity 51]", async () => {
    const nc = await connected({ verbose: true, pedantic: true });
    const arrivals = new Arrivals();
    nc.subscribe("a", { callback: countInto(arrivals) });
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    publishNumbers(nc, "a", 0, 100);
    await server.restart();
    await nc.flush();
    expect(arrivals.missing(100)).toEqual([]);
  });

  it("publishConfirmed() waits across the outage", async () => {
    const nc = await connected();
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    let settled = 0;
    const all = Array.from({ length: 100 }, () => nc.publishConfirmed("a", "x").then(() => settled++));
    expect(nc.buffered).toMatchObject({ messages: 100, limit: 8 * 1024 * 1024 });
    expect(nc.buffered.bytes).toBeGreaterThan(100);
    expect(settled).toBe(0);
    await server.restart();
    await Promise.all(all);
    expect(nc.buffered).toMatchObject({ messages: 0, ratio: 0, oldestAge: 0 });
  });
});
