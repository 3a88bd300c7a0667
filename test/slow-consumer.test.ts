import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../src/index.js";
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
    expect(recorder.of("slowConsumer")).toEqual([[{ subscription: sub, pending: 11 }]]);
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

  it("holds up neither the other subscriptions nor a flush", async () => {
    let got = 0;
    const sub = nc.subscribe("a", { slow: 10 });
    nc.subscribe("a", { callback: () => got++ });
    publishNumbers(nc, "a", 0, 10_000);
    await nc.flush();
    expect([got, sub.getPending(), sub.getReceived()]).toEqual([10_000, 10_000, 10_000]);
  });
});
