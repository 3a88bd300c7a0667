import { describe, expect, it } from "vitest";
import { type Connection, connect, ErrorCode, Events, type Status } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { Cleanup } from "./support/cleanup.js";
import { FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { cutLinks } from "./support/inside.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

/** Reads `nc.status()` until the connection is closed. */
function read(nc: Connection): { statuses: Status[]; done: Promise<void> } {
  const statuses: Status[] = [];
  const reader = nc.status();
  const done = (async () => {
    for await (const status of reader) statuses.push(status);
  })();
  return { statuses, done };
}

describe("nc.status() in the shape of nats.js [L2]", () => {
  it("forceReconnect and what nats.js tells of it (a move), disconnect, reconnecting, reconnect, close; then it ends [parity 54]", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, ...EAGER }));
    const { statuses, done } = read(nc);
    const second = read(nc);
    const moved = new Promise((resolve) => nc.once("move", resolve));
    await nc.reconnect();
    await moved;
    cutLinks(nc);
    const reconnects = () => statuses.filter(({ type }) => type === "reconnect").length;
    await until(() => reconnects() === 2, "the reconnect");
    await nc.close();
    await done;
    await second.done;
    expect(statuses).toEqual([
      { type: "forceReconnect" },
      { type: "disconnect", server: server.hostport },
      { type: "reconnect", server: server.hostport },
      { type: "disconnect", server: server.hostport },
      { type: "reconnecting" },
      { type: "reconnect", server: server.hostport },
      { type: "close" },
    ]);
    expect(second.statuses).toEqual(statuses);
    const late = read(nc);
    await late.done;
    expect(late.statuses).toEqual([]);
  });

  it("staleConnection comes before the disconnect, pings before it", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const options = { pingInterval: 30, maxPingOut: 2, ...EAGER, closeTimeout: 1 };
    const nc = cleanup.use(await connect({ servers: server.url, ...options }));
    const { statuses, done } = read(nc);
    server.stop();
    await until(() => statuses.some(({ type }) => type === "disconnect"), "the disconnect");
    await nc.close();
    await done;
    const types = statuses.map(({ type }) => type);
    const at = types.indexOf("staleConnection");
    expect(types[at + 1]).toBe("disconnect");
    expect(types.slice(0, at).length).toBeGreaterThan(0);
    for (const status of statuses.slice(0, at))
      expect(status).toEqual({ type: "ping", pendingPings: expect.any(Number) });
  });

  it("ldm, update, error, slowConsumer", async () => {
    await using cleanup = new Cleanup();
    const fake = cleanup.use(await FakeServer.start(speaksNats()));
    const nc = cleanup.use(await connect({ servers: fake.url, ...EAGER, closeTimeout: 1 }));
    const { statuses, done } = read(nc);
    fake.last.send(infoLine({ connect_urls: ["127.0.0.1:4223"] }));
    await until(() => statuses.length === 1, "the update");
    fake.last.send("-ERR 'Permissions Violation for Publish to \"a\"'");
    await until(() => statuses.length === 2, "the error");
    const sub = nc.subscribe("a", { pendingLimit: { messages: 2 } });
    await until(() => fake.last.times("SUB a ") === 1, "the subscription");
    const sid = /SUB a (\d+)/.exec(fake.last.received)![1];
    fake.last.send(...Array(4).fill(`MSG a ${sid} 0\r\n`));
    await until(() => statuses.length === 3, "the slow consumer");
    fake.last.send(infoLine({ ldm: true }));
    await until(() => statuses.length === 4, "the lame duck");
    await nc.close();
    await done;
    const [update, error, slow, ldm] = statuses;
    expect(update).toEqual({ type: "update", added: ["127.0.0.1:4223"], deleted: [] });
    expect(error).toEqual({
      type: "error",
      error: expect.objectContaining({ code: "PERMISSIONS_VIOLATION" }),
    });
    expect(slow.type).toBe("slowConsumer");
    expect((slow as { sub: unknown }).sub).toBe(sub);
    expect((slow as { pending: number }).pending).toBe(2);
    expect(ldm).toEqual({ type: "ldm", server: fake.hostport });
    expect(statuses.at(-1)).toEqual({ type: "close" });
  });

  it("the one who stops reading holds nothing up, and does not hear of the rest [parity 54, 55]", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, ...EAGER }));
    nc.status();
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type } of nc.status()) {
        types.push(type);
        if (type === "disconnect") break;
      }
    })();
    cutLinks(nc);
    await reading;
    await until(() => nc.state === "connected", "connected again");
    expect(types).toEqual(["disconnect"]);
    publishNumbers(nc, "a", 0, 10);
    await nc.flush();
  });

  it("a throwing reader harms itself only", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, ...EAGER }));
    const reading = (async () => {
      for await (const _ of nc.status()) throw new Error("mine");
    })();
    const other = read(nc);
    cutLinks(nc);
    await expect(reading).rejects.toThrow("mine");
    await until(() => other.statuses.length === 3, "the other hears all");
    expect(nc.state).toBe("connected");
  });
});

describe("constants", () => {
  it("Events names every event that can be listened to, each once", async () => {
    const names = Object.values(Events);
    expect(new Set(names).size).toBe(names.length);
    const wanted =
      "connect disconnect reconnecting reconnect update lameDuck error serverInfo slowConsumer overflow messageLost partition buffer state close attemptFailed move standby failback";
    expect([...names].sort()).toEqual(wanted.split(" ").sort());
    for (const [key, name] of Object.entries(Events)) expect(key.toLowerCase()).toBe(name.toLowerCase());
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    const heard: string[] = [];
    nc.on(Events.Disconnect, () => heard.push("disconnect")).on(Events.Reconnect, () =>
      heard.push("reconnect"),
    );
    cutLinks(nc);
    await until(() => heard.length === 2, "both");
    expect(heard).toEqual(["disconnect", "reconnect"]);
  });

  it("ErrorCode has its own names as values, and is what errors carry", async () => {
    for (const [key, code] of Object.entries(ErrorCode)) expect(code).toBe(key);
    await using server = await NatsServer.start();
    const nc = await connect({ servers: server.url });
    await nc.close();
    await expect(nc.flush()).rejects.toMatchObject({ code: ErrorCode.CONNECTION_CLOSED });
  });
});
