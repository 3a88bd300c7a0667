import { DrainingConnectionError } from "@nats-io/nats-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { Arrivals, countInto } from "./support/arrivals.js";
import { expectBalanced } from "./support/books.js";
import { Load } from "./support/load.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { rejection, thrown, until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
let nc: Connection;
let other: Connection;
beforeEach(async () => {
  server = await NatsServer.start();
  other = await connect({ servers: server.url, closeTimeout: 100, ...EAGER });
});
afterEach(async () => {
  expectBalanced(nc);
  await Promise.all([nc.close(), other.close()]);
  await server.close();
});

async function start(options: ConnectionOptions = {}): Promise<void> {
  nc = await connect({ servers: server.url, ...EAGER, ...options });
}

/** Ends after a few turns of the event loop, as work does. */
async function work(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe("drain() of a connection [D1]", () => {
  it("delivers what was published, ends its subscriptions, and closes [parity 186]", async () => {
    await start();
    const arrivals = new Arrivals();
    other.subscribe("a", { callback: countInto(arrivals) });
    await other.flush();
    const sub = nc.subscribe("b");
    publishNumbers(nc, "a", 0, 1_000);
    await nc.drain();
    expect(nc.isClosed()).toBe(true);
    expect(sub.isClosed()).toBe(true);
    expect(await nc.closed()).toBeUndefined();
    await other.flush();
    expect(arrivals.missing(1_000)).toEqual([]);
    expect(nc.stats()).toMatchObject({ accepted: 1_000, confirmed: 1_000, pending: 0 });
  });

  it("lets handlers finish, and their answers go out [peers 17] [parity 181]", async () => {
    await start();
    let finished = 0;
    nc.subscribe("ask", {
      callback: async (_, msg) => {
        await work();
        finished++;
        msg.respond(msg.data);
      },
    });
    await nc.flush();
    const asked = Array.from({ length: 200 }, (_, i) => other.request("ask", String(i), { timeout: 10_000 }));
    await until(() => nc.stats().inMsgs === 200, "the requests have arrived");
    await nc.drain();
    expect(finished).toBe(200);
    const answers = (await Promise.all(asked)).map((msg) => msg.string());
    expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => String(i)));
  });

  it("lets a loop finish, and its answers go out", async () => {
    await start();
    const sub = nc.subscribe("ask");
    (async () => {
      for await (const msg of sub) {
        await work();
        msg.respond(msg.data);
      }
    })();
    await nc.flush();
    const asked = Array.from({ length: 50 }, (_, i) => other.request("ask", String(i), { timeout: 10_000 }));
    await until(() => nc.stats().inMsgs === 50, "the requests have arrived");
    await nc.drain();
    expect((await Promise.all(asked)).map((msg) => msg.string())).toHaveLength(50);
  });

  it("goes on to read what was on its way when it began [parity 178, 186]", async () => {
    await start();
    let got = 0;
    nc.subscribe("a", { callback: () => got++ });
    await nc.flush();
    publishNumbers(other, "a", 0, 10_000);
    await other.flush();
    await nc.drain();
    expect(got).toBe(10_000);
  });

  it("of queue group members one after the other loses no message [parity 179]", async () => {
    await start();
    const arrivals = new Arrivals();
    const members: Connection[] = [];
    for (let i = 0; i < 4; i++) {
      const member = await connect({ servers: server.url });
      member.subscribe("work", { queue: "q", callback: countInto(arrivals) });
      await member.flush();
      members.push(member);
    }
    using steady = Load.numbers(other, "work", 10_000);
    for (const member of members.slice(1)) {
      const { total } = arrivals;
      await until(() => arrivals.total > total + 500, "messages");
      await member.drain();
    }
    const count = steady.stop();
    await other.flush();
    await until(() => arrivals.distinct === count, "all messages");
    expect(arrivals.duplicates).toBe(0);
    await members[0].close();
  });

  it("allows to publish until the final flush, and refuses to subscribe and to drain again [parity 181, 186]", async () => {
    await start();
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    nc.subscribe("a", { callback: () => held as never });
    await nc.flush();
    other.publish("a");
    await until(() => nc.stats().inMsgs === 1, "the message");
    const drained = nc.drain();
    expect([nc.state, nc.isDraining(), nc.isClosed()]).toEqual(["draining", true, false]);
    nc.publish("b", "still allowed");
    const error = thrown(() => nc.subscribe("c"));
    expect(error).toBeInstanceOf(DrainingConnectionError);
    expect(error.code).toBe("CONNECTION_DRAINING");
    expect((await rejection(nc.drain())).code).toBe("CONNECTION_DRAINING");
    release();
    await drained;
    expect(nc.isDraining()).toBe(false);
    expect(nc.stats()).toMatchObject({ accepted: 1, confirmed: 1 });
    expect(thrown(() => nc.publish("b")).code).toBe("CONNECTION_CLOSED");
  });

  it("settles within drainTimeout also when a handler never does [parity 183]", async () => {
    await start({ drainTimeout: 100 });
    nc.subscribe("a", { callback: () => new Promise(() => {}) as never });
    await nc.flush();
    other.publish("a");
    await until(() => nc.stats().inMsgs === 1, "the message");
    const since = performance.now();
    await nc.drain();
    expect(performance.now() - since).toBeLessThan(3_000);
    expect(nc.isClosed()).toBe(true);
  });

  it("is what `await using` does", async () => {
    await start();
    const arrivals = new Arrivals();
    other.subscribe("a", { callback: countInto(arrivals) });
    await other.flush();
    {
      await using used = await connect({ servers: server.url });
      publishNumbers(used, "a", 0, 100);
      nc = used;
    }
    expect(nc.isClosed()).toBe(true);
    await other.flush();
    expect(arrivals.missing(100)).toEqual([]);
  });

  it("can be overtaken by close() [parity 185]", async () => {
    await start();
    nc.subscribe("a", { callback: () => new Promise(() => {}) as never });
    await nc.flush();
    other.publish("a");
    await until(() => nc.stats().inMsgs === 1, "the message");
    const drained = nc.drain();
    await nc.close();
    await drained;
    expect(nc.isClosed()).toBe(true);
  });
});

describe("drain() of a subscription", () => {
  it("handles what has come, and then ends it; the connection and the others go on [parity 178, 180, 186]", async () => {
    await start();
    const counts = { drained: 0, kept: 0 };
    const sub = nc.subscribe("a", { callback: () => counts.drained++ });
    nc.subscribe("a", { callback: () => counts.kept++ });
    await nc.flush();
    publishNumbers(other, "a", 0, 1_000);
    await other.flush();
    const drained = sub.drain();
    expect(sub.isDraining()).toBe(true);
    await drained;
    expect([counts.drained, sub.isClosed(), nc.state]).toEqual([1_000, true, "connected"]);
    publishNumbers(other, "a", 0, 10);
    await other.flush();
    await nc.flush();
    expect(counts).toEqual({ drained: 1_000, kept: 1_010 });
    await sub.drain();
  });

  it("is never subscribed again after a reconnect [parity 180]", async () => {
    await start();
    let got = 0;
    const recorder = new Recorder(nc);
    const sub = nc.subscribe("a", { callback: () => got++ });
    await nc.flush();
    const drained = sub.drain();
    await server.restart();
    await drained;
    await until(() => recorder.count("reconnect") === 1 && other.state === "connected", "the reconnect");
    publishNumbers(other, "a", 0, 10);
    await other.flush();
    await nc.flush();
    expect([got, sub.isClosed()]).toEqual([0, true]);
  });

  it("waits for its handlers [parity 180]", async () => {
    await start();
    let [begun, finished, release] = [0, 0, () => {}];
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const sub = nc.subscribe("a", {
      callback: async () => {
        begun++;
        await held;
        await work();
        finished++;
      },
    });
    await nc.flush();
    publishNumbers(other, "a", 0, 20);
    await until(() => begun > 0, "a message");
    // Behind it is what the server had not passed on yet.
    await other.flush();
    const drained = sub.drain();
    await nc.flush();
    expect(finished).toBe(0);
    release();
    await drained;
    expect([begun, finished]).toEqual([20, 20]);
  });
});
