import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Connection, connect, type EventName, Events } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { until } from "../support/until.js";

interface Told {
  readonly connection: Connection;
  readonly args: unknown[];
}

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server?.close());

const NAMES = Object.values(Events);
const undo: (() => void)[] = [];
afterEach(() => {
  for (const action of undo.splice(0)) action();
  for (const name of NAMES) expect(channel(`holdfast:${name}`).hasSubscribers).toBe(false);
});

/** Hears of an event of all connections until the end of the test. */
function hear(name: EventName, told: (told: Told) => void): void {
  const listener = (message: unknown) => told(message as Told);
  subscribe(`holdfast:${name}`, listener);
  undo.push(() => unsubscribe(`holdfast:${name}`, listener));
}

describe("diagnostics_channel", () => {
  it("has every event of a connection, with what its listeners get, in their order", async () => {
    await using mortal = await NatsServer.start();
    const all: [EventName, Told][] = [];
    const listened: [EventName, unknown[]][] = [];
    for (const name of NAMES) hear(name, (told) => all.push([name, told]));
    const nc = await connect({ servers: mortal.url, reconnectTimeWait: 20, maxBufferedMessages: 1 });
    for (const name of NAMES) nc.on(name, (...args: unknown[]) => listened.push([name, args]));
    // The process may have other connections.
    const heard = () => all.filter(([, told]) => told.connection === nc);
    const before = heard().length;
    await mortal.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    nc.publish("a", "secret", { ttl: 1 });
    await until(() => nc.stats().dropped === 1, "the drop");
    nc.publish("a", "x");
    expect(() => nc.publish("a", "y")).toThrow(expect.objectContaining({ code: "BUFFER_FULL" }));
    await mortal.restart();
    await until(() => nc.health().reconnectCount === 1, "the reconnect");
    await nc.close();

    expect(
      heard()
        .slice(0, before)
        .map(([name]) => name),
    ).toContain("connect");
    const after = heard().slice(before);
    expect(after.map(([name]) => name)).toEqual(listened.map(([name]) => name));
    // The very objects, not copies: what costs nothing is not made twice.
    for (const [index, [, { args }]] of after.entries())
      expect(args.every((arg, at) => arg === listened[index][1][at])).toBe(true);
    const names = new Set(after.map(([name]) => name));
    for (const name of [
      "state",
      "disconnect",
      "reconnecting",
      "overflow",
      "messageLost",
      "reconnect",
      "close",
    ])
      expect(names).toContain(name);
  });

  it("tells connections apart", async () => {
    const closed: Connection[] = [];
    hear("close", ({ connection }) => closed.push(connection));
    const first = await connect({ servers: server.url });
    const second = await connect({ servers: server.url });
    await second.close();
    await first.close();
    expect(closed.filter((one) => one === first || one === second)).toEqual([second, first]);
  });

  it("tells before the listeners, whose failure changes nothing", async () => {
    const order: string[] = [];
    const nc = await connect({ servers: server.url });
    hear("close", ({ connection }) => {
      if (connection === nc) order.push("channel");
    });
    nc.on("close", () => {
      order.push("listener");
      throw new Error("broken");
    });
    await nc.close();
    expect(order).toEqual(["channel", "listener"]);
  });

  it("has the payloads of messages that are given up, though nobody listens on the connection", async () => {
    await using mortal = await NatsServer.start();
    const lost: { subject: string; data: Uint8Array }[] = [];
    await using nc = await connect({ servers: mortal.url, reconnectTimeWait: 20 });
    hear("messageLost", ({ connection, args }) => {
      if (connection === nc) lost.push(...(args[0] as typeof lost));
    });
    await mortal.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    nc.publish("orders", "two apples", { ttl: 1 });
    await until(() => lost.length === 1, "the message");
    expect(lost[0].subject).toBe("orders");
    expect(Buffer.from(lost[0].data).toString()).toBe("two apples");
  });

  it("tells nothing any more to one who has unsubscribed", async () => {
    const told: Connection[] = [];
    hear("close", ({ connection }) => told.push(connection));
    for (const action of undo.splice(0)) action();
    const nc = await connect({ servers: server.url });
    await nc.close();
    expect(told).not.toContain(nc);
  });
});
