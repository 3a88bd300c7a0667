import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type HoldfastSubscription } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";

let server: NatsServer;
let nc: Connection;
let recorder: Recorder;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  nc = await connect({ servers: server.url });
  recorder = new Recorder(nc);
});
afterEach(() => nc.close());

describe("a subscription whose reader is slow, with the option slow", () => {
  it("is told once per episode, with what waits", async () => {
    const sub = nc.subscribe("a", { slow: 10 });
    publishNumbers(nc, "a", 0, 100);
    await nc.flush();
    expect(recorder.of("slowConsumer")).toEqual([[{ subscription: sub, pending: 11, dropped: 0 }]]);
    let read = 0;
    for await (const _ of sub) if (++read === 100) break;
    expect(recorder.count("slowConsumer")).toBe(1);
  });

  it("is told again after it has caught up", async () => {
    const sub = nc.subscribe("a", { slow: 10 });
    const reader = sub[Symbol.asyncIterator]();
    for (let episode = 1; episode <= 3; episode++) {
      publishNumbers(nc, "a", 0, 50);
      await nc.flush();
      expect(recorder.count("slowConsumer")).toBe(episode);
      for (let i = 0; i < 50; i++) await reader.next();
      expect(sub.getPending()).toBe(0);
    }
    sub.unsubscribe();
  });

  it("holds up neither the other subscriptions nor a flush [parity 164, 171]", async () => {
    let got = 0;
    const sub = nc.subscribe("a", { slow: 10 });
    nc.subscribe("a", { callback: () => got++ });
    publishNumbers(nc, "a", 0, 10_000);
    await nc.flush();
    expect([got, sub.getPending(), sub.getReceived()]).toEqual([10_000, 10_000, 10_000]);
  });
});

function sum(sub: HoldfastSubscription): number {
  return sub.getProcessed() + sub.getPending() + sub.getDropped();
}

describe("a subscription with a pendingLimit", () => {
  it("drops the newest, is told once, holds up nobody, and goes on [parity 164, 165, 171]", async () => {
    const statuses = nc.status()[Symbol.asyncIterator]();
    const sub = nc.subscribe("a", { pendingLimit: { messages: 100 } });
    let others = 0;
    nc.subscribe("a", { callback: () => others++ });
    publishNumbers(nc, "a", 0, 1000);
    await nc.flush();
    expect([others, sub.getReceived(), sub.getPending(), sub.getDropped()]).toEqual([1000, 1000, 100, 900]);
    expect(recorder.of("slowConsumer")).toEqual([[{ subscription: sub, pending: 100, dropped: 1 }]]);
    const { type, sub: told, pending } = (await statuses.next()).value;
    expect([type, told === sub, pending]).toEqual(["slowConsumer", true, 100]);
    const reader = sub[Symbol.asyncIterator]();
    for (let i = 0; i < 100; i++) expect((await reader.next()).value.string()).toBe(String(i));
    publishNumbers(nc, "a", 5000, 5001);
    expect((await reader.next()).value.string()).toBe("5000");
    expect(sum(sub)).toBe(sub.getReceived());
    await reader.return!();
  });

  it("drops the oldest by choice of the connection, and ends at max, counting what was dropped [parity 177]", async () => {
    const other = await connect({
      servers: server.url,
      pendingLimit: { messages: 10, policy: "drop-oldest" },
    });
    const sub = other.subscribe("a", { max: 50 });
    publishNumbers(other, "a", 0, 100);
    await other.flush();
    expect([sub.isClosed(), sub.getReceived(), sub.getDropped()]).toEqual([true, 50, 40]);
    const got: string[] = [];
    for await (const msg of sub) got.push(msg.string());
    expect(got).toEqual(Array.from({ length: 10 }, (_, i) => String(40 + i)));
    expect(sum(sub)).toBe(50);
    await other.close();
  });

  it("drains to the end of what was not dropped [parity 168]", async () => {
    const sub = nc.subscribe("a", { pendingLimit: { bytes: 64 } });
    publishNumbers(nc, "a", 100, 1000); // three bytes each
    await nc.flush();
    let read = 0;
    const loop = (async () => {
      for await (const _ of sub) read++;
    })();
    await nc.drain();
    await loop;
    expect([read, sub.getDropped(), sum(sub)]).toEqual([21, 879, 900]);
  });
});

describe("draining from within", () => {
  it("a callback may await the drain of its connection", async () => {
    const since = performance.now();
    await new Promise<void>((done) => {
      nc.subscribe("a", {
        callback: async () => {
          await nc.drain();
          done();
        },
      });
      nc.publish("a");
    });
    expect(performance.now() - since).toBeLessThan(5000);
    expect(nc.isClosed()).toBe(true);
  });

  it("a loop may await its own drain, and reads the rest", async () => {
    const sub = nc.subscribe("a");
    publishNumbers(nc, "a", 0, 3);
    const got: string[] = [];
    for await (const msg of sub) {
      if (got.length === 0) await sub.drain();
      got.push(msg.string());
    }
    expect(got).toEqual(["0", "1", "2"]);
  });
});

describe("a max that is raised", () => {
  it.each([1, 5])(
    "in the callback of message %d of 5 holds, though the server may have ended it",
    async (at) => {
      const got: string[] = [];
      const sub = nc.subscribe("a", {
        max: 5,
        callback: (_error, msg) => {
          got.push(msg.string());
          if (got.length === at && at < 5) sub.unsubscribe(10);
        },
      });
      if (at === 5) sub.unsubscribe(10);
      publishNumbers(nc, "a", 0, 5);
      await nc.flush();
      await nc.flush();
      publishNumbers(nc, "a", 5, 20);
      await nc.flush();
      expect(got).toEqual(Array.from({ length: 10 }, (_, i) => String(i)));
      expect(sub.isClosed()).toBe(true);
    },
  );
});
