import { ClosedConnectionError } from "@nats-io/nats-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, connect, type Subscription } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { rejection, thrown } from "./support/until.js";

let server: NatsServer;
let nc: Connection;
let sub: Subscription;
beforeAll(async () => {
  server = await NatsServer.start();
  nc = await connect({ servers: server.url });
  sub = nc.subscribe("a");
  await nc.close();
});
afterAll(() => server.close());

describe("after close()", () => {
  it.each<[string, () => unknown]>([
    ["publish", () => nc.publish("a")],
    ["subscribe", () => nc.subscribe("a")],
  ])("%s throws that it is closed [parity 59]", (_, action) => {
    const error = thrown(action);
    expect(error).toBeInstanceOf(ClosedConnectionError);
    expect(error.code).toBe("CONNECTION_CLOSED");
  });

  it.each<[string, () => Promise<unknown>]>([
    ["publishConfirmed", () => nc.publishConfirmed("a")],
    ["request", () => nc.request("a")],
    ["request with noMux", () => nc.request("a", "", { noMux: true, timeout: 1000 })],
    ["requestMany", () => nc.requestMany("a")],
    ["flush", () => nc.flush()],
    ["fence", () => nc.fence()],
    ["rtt", () => nc.rtt()],
    ["drain", () => nc.drain()],
    ["reconnect", () => nc.reconnect()],
  ])("%s rejects because it is closed [parity 59]", async (_, action) => {
    const error = await rejection(action());
    expect(error).toBeInstanceOf(ClosedConnectionError);
    expect(error.code).toBe("CONNECTION_CLOSED");
  });

  it("closing again does nothing, as often as one likes [parity 60]", async () => {
    await Promise.all([nc.close(), nc.close(), nc[Symbol.asyncDispose]()]);
    await expect(nc.closed()).resolves.toBeUndefined();
  });

  it("what waits is let go: writable() resolves, status() ends, iterators end [parity 162]", async () => {
    await nc.writable();
    const statuses: unknown[] = [];
    for await (const status of nc.status()) statuses.push(status);
    expect(statuses).toEqual([]);
    for await (const msg of sub) throw new Error(`a message: ${msg.subject}`);
    expect(sub.isClosed()).toBe(true);
    await expect(sub.closed).resolves.toBeUndefined();
    sub.unsubscribe();
    await sub[Symbol.asyncDispose]();
    expect((await rejection(sub.drain())).code).toBe("CONNECTION_CLOSED");
  });

  it("what it tells stays", () => {
    expect(nc.state).toBe("closed");
    expect(nc.isClosed()).toBe(true);
    expect(nc.isDraining()).toBe(false);
    expect(nc.getServer()).toBe("");
    expect(nc.buffered).toMatchObject({ messages: 0, bytes: 0, oldestAge: 0 });
    expect(nc.history.map((change) => change.to)).toEqual(["connecting", "connected", "closed"]);
  });
});

describe("close()", () => {
  it("concurrent calls all resolve [parity 60]", async () => {
    const other = await connect({ servers: server.url });
    await Promise.all(Array.from({ length: 10 }, () => other.close()));
    expect(other.isClosed()).toBe(true);
  });

  it("ends what waits for an answer [parity 188, 190]", async () => {
    const other = await connect({ servers: server.url });
    other.subscribe("mute", { callback: () => {} });
    const waiting = [
      rejection(other.request("mute", "", { timeout: 20_000 })),
      rejection(other.request("mute", "", { timeout: 20_000, noMux: true })),
    ];
    const many = await other.requestMany("mute", "", { maxWait: 20_000 });
    waiting.push(
      rejection(
        (async () => {
          for await (const msg of many) throw new Error(`an answer: ${msg.subject}`);
        })(),
      ),
    );
    await other.flush();
    await other.close();
    for (const error of await Promise.all(waiting)) expect(error.code).toMatch(/^CONNECTION_(CLOSED|LOST)$/);
  });

  it("delivers 1,000 messages that were published just before [peers 15] [parity 116]", async () => {
    await using watcher = await connect({ servers: server.url });
    const got: number[] = [];
    watcher.subscribe("last", { callback: (_, msg) => got.push(Number(msg.string())) });
    await watcher.flush();
    const other = await connect({ servers: server.url });
    for (let i = 0; i < 1000; i++) other.publish("last", String(i));
    await other.close();
    await watcher.flush();
    expect(got).toEqual([...Array(1000).keys()]);
    expect(other.stats()).toMatchObject({ accepted: 1000, confirmed: 1000, pending: 0 });
  });

  it("delivers 20 MB that were published just before, too", async () => {
    await using watcher = await connect({ servers: server.url });
    let bytes = 0;
    watcher.subscribe("large", {
      callback: (_, msg) => {
        bytes += msg.data.length;
      },
    });
    await watcher.flush();
    const other = await connect({ servers: server.url });
    const payload = Buffer.alloc(500_000);
    for (let i = 0; i < 40; i++) other.publish("large", payload);
    await other.close();
    await watcher.flush();
    expect(bytes).toBe(20_000_000);
  });
});
