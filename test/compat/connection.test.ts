import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  AckPolicy,
  connect,
  consumerOpts,
  createInbox,
  DebugEvents,
  Events,
  type JsMsg,
  type NatsConnection,
  NatsError,
  type Status,
} from "../../src/compat/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { rejection, thrown, until } from "../support/until.js";

const PERMISSIONS = `authorization {
  users: [
    { user: limited, password: p, permissions: {
      publish: { deny: "denied" }
      subscribe: { deny: ["secret", "open queue"] }
    } }
    { user: all, password: p }
  ]
}`;
const QUICK = { reconnectTimeWait: 20, reconnectJitter: 0 };

/** The statuses of a connection from now on. */
function watch(nc: NatsConnection): { statuses: Status[]; ended: Promise<void> } {
  const statuses: Status[] = [];
  const read = async () => {
    for await (const status of nc.status()) statuses.push(status);
  };
  return { statuses, ended: read() };
}
const types = (statuses: Status[]) => statuses.map(({ type }) => type);

describe("a connection of holdfast/compat", () => {
  it("tells an outage by statuses and by events, as the guides read them, and loses nothing", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, ...QUICK }));
    const { statuses } = watch(nc);
    const told: unknown[] = [];
    const once = vi.fn();
    const never = vi.fn();
    nc.on(Events.Disconnect, (error) => told.push(["disconnect", error?.constructor]));
    nc.on(Events.Reconnect, (info) => told.push(["reconnect", info.server]));
    nc.on(DebugEvents.Reconnecting, (info) => told.push(["reconnecting", info.server]));
    nc.once(Events.Disconnect, once);
    nc.on(Events.Disconnect, never).off(Events.Disconnect, never);
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
    await nc.flush();
    const address = nc.getServer();
    const count = (wanted: string) => types(statuses).filter((type) => type === wanted).length;

    for (const text of ["first", "second"]) {
      const [attempts, reconnects] = [count("reconnecting"), count("reconnect")];
      await server.kill();
      await until(() => count("reconnecting") > attempts, "an attempt");
      nc.publish("a", text);
      await server.restart();
      await until(() => count("reconnect") > reconnects, "the reconnect");
      await until(() => got.includes(text), "what was published while it was down");
    }
    expect(statuses.filter(({ type }) => type === "disconnect")).toEqual(
      Array(2).fill({ type: "disconnect", data: address }),
    );
    expect(new Set(statuses.filter(({ type }) => type === "reconnecting").map(({ data }) => data))).toEqual(
      new Set([address]),
    );
    expect(told[0]).toEqual(["disconnect", NatsError]);
    expect(told).toContainEqual(["reconnect", address]);
    expect(told).toContainEqual(["reconnecting", address]);
    expect([once.mock.calls.length, never.mock.calls.length]).toEqual([1, 0]);
  });

  it("nc.reconnect() is told as client initiated, and its status ends with the connection", async () => {
    await using server = await NatsServer.start();
    const nc = await connect({ servers: server.url, pingInterval: 20 });
    const { statuses, ended } = watch(nc);
    const events: unknown[] = [];
    nc.on(DebugEvents.ClientInitiatedReconnect, (data) => events.push(data));
    const pings = vi.fn();
    nc.once(DebugEvents.PingTimer, pings);
    await until(() => pings.mock.calls.length > 0, "a ping");
    await nc.reconnect();
    await until(() => events.length > 0, "the event");
    expect(types(statuses)).toContain("client initiated reconnect");
    expect(statuses.find(({ type }) => type === "pingTimer")?.data).toMatch(/^\d$/);
    await nc.close();
    await ended;
    expect(await nc.closed()).toBeUndefined();
  });

  it("a request on a link that is lost rejects at once as timed out, and says that it may have arrived", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, ...QUICK }));
    nc.subscribe("silent", { callback: () => {} });
    await nc.flush();
    const error = rejection<NatsError>(nc.request("silent", "x", { timeout: 30_000 }));
    await nc.flush();
    await server.kill();
    expect(await error).toBeInstanceOf(NatsError);
    expect(await error).toMatchObject({
      code: "TIMEOUT",
      maybeDelivered: true,
      chainedError: { code: "CONNECTION_LOST" },
    });
    expect(await rejection<NatsError>(nc.rtt())).toMatchObject({ name: "NatsError", code: "DISCONNECT" });
    await server.restart();
    await nc.flush();
  });

  it("a buffer that is full throws a NatsError with Holdfast's code", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = await connect({ servers: server.url, reconnectBufSize: 100, closeTimeout: 1, ...QUICK });
    cleanup.use(nc);
    await server.kill();
    await until(() => nc.getServer() === "" || nc.holdfast.state === "reconnecting", "the loss");
    const error = thrown<NatsError>(() => {
      for (let i = 0; i < 100; i++) nc.publish("a", "0123456789");
    });
    expect(error).toBeInstanceOf(NatsError);
    expect(error.code).toBe("BUFFER_FULL");
  });

  it("a handler that drains its own subscription in a loop goes on", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    const sub = nc.subscribe("a");
    for (const text of ["1", "2", "3"]) nc.publish("a", text);
    const got: string[] = [];
    for await (const msg of sub) {
      got.push(msg.string());
      if (got.length === 1) void sub.drain();
    }
    expect(got).toEqual(["1", "2", "3"]);
    expect(await sub.closed).toBeUndefined();
  });

  it("draining a subscription that has ended is SUB_CLOSED", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    const sub = nc.subscribe("a");
    sub.unsubscribe();
    await expect(sub.drain()).rejects.toMatchObject({ name: "NatsError", code: "SUB_CLOSED" });
  });
});

describe("what a server does not permit", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await NatsServer.start({ config: PERMISSIONS });
  });
  afterAll(() => server.close());

  it("bad credentials reject connect() with AUTHORIZATION_VIOLATION", async () => {
    const error = await rejection<NatsError>(connect({ servers: server.url, user: "all", pass: "wrong" }));
    expect(error).toBeInstanceOf(NatsError);
    expect([error.code, error.isAuthError()]).toEqual(["AUTHORIZATION_VIOLATION", true]);
  });

  it("a status and an event of type error with the code and what it was about", async () => {
    await using nc = await connect({ servers: server.url, user: "limited", pass: "p" });
    const { statuses } = watch(nc);
    const heard: NatsError[] = [];
    nc.on(Events.Error, (error) => heard.push(error));
    nc.publish("denied", "x");
    await until(() => heard.length === 1 && statuses.length === 1, "the error");
    const permissionContext = { operation: "publish", subject: "denied" };
    expect(statuses[0]).toMatchObject({ type: "error", data: "PERMISSIONS_VIOLATION", permissionContext });
    expect(heard[0]).toBeInstanceOf(NatsError);
    expect(heard[0].permissionContext).toEqual(permissionContext);
  });

  it("a subscription hears of it in its callback, its loop, and its end", async () => {
    await using nc = await connect({ servers: server.url, user: "limited", pass: "p" });
    const heard: (NatsError | null)[] = [];
    const called = nc.subscribe("open", { queue: "queue", callback: (error) => heard.push(error) });
    const read = async () => {
      for await (const _ of nc.subscribe("secret"));
    };
    const error = await rejection<NatsError>(read());
    expect(error).toBeInstanceOf(NatsError);
    expect(error.permissionContext).toEqual({ operation: "subscription", subject: "secret" });
    await until(() => heard.length === 1, "the callback");
    expect(heard[0]?.permissionContext).toEqual({
      operation: "subscription",
      subject: "open",
      queue: "queue",
    });
    expect(await called.closed).toBeInstanceOf(NatsError);
  });
});

describe("JetStream of holdfast/compat, when the server is killed and comes back", () => {
  it("push, pull and ordered subscriptions, consume() and a KV watch go on", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start({ jetstream: true }));
    const nc = cleanup.use(await connect({ servers: server.url, ...QUICK }));
    const jsm = await nc.jetstreamManager();
    await jsm.streams.add({ name: "LOG", subjects: ["log"] });
    const js = nc.jetstream();
    const kv = await js.views.kv("config");
    const got: Record<string, Set<number>> = {};
    const note = (name: string) => {
      got[name] = new Set();
      return (error: Error | null, m: JsMsg | null) => {
        if (error !== null) throw error;
        got[name].add(m!.seq);
      };
    };
    const push = consumerOpts().durable("push").deliverTo(createInbox()).callback(note("push"));
    await js.subscribe("log", push);
    await js.subscribe("log", consumerOpts().orderedConsumer().callback(note("ordered")));
    const puller = await js.pullSubscribe("log", consumerOpts().durable("pull").callback(note("pull")));
    await jsm.consumers.add("LOG", { durable_name: "consume", ack_policy: AckPolicy.Explicit });
    const consumer = await js.consumers.get("LOG", "consume");
    const consumed = note("consume");
    const messages = await consumer.consume({
      idle_heartbeat: 500,
      callback: (m) => {
        m.ack();
        consumed(null, m);
      },
    });
    const watched = new Set<string>();
    const watcher = await kv.watch();
    void (async () => {
      for await (const entry of watcher) watched.add(entry.string());
    })();
    const all = (count: number) =>
      until(
        () => {
          puller.pull({ batch: 10, expires: 100 });
          return Object.values(got).every((seqs) => seqs.size === count) && watched.size === count;
        },
        () =>
          `${count} each; there are ${JSON.stringify(Object.entries(got).map(([k, v]) => [k, v.size]))}, ${watched.size}`,
        15_000,
      );

    await js.publish("log", "1", { msgID: "1" });
    await kv.put("a", "1");
    await all(1);
    await server.kill();
    await until(() => nc.holdfast.state === "reconnecting", "the loss");
    await server.restart();
    await nc.flush();
    const publish = async (work: () => Promise<unknown>): Promise<unknown> =>
      work().catch((error: NatsError) => (error.code === "503" ? publish(work) : Promise.reject(error)));
    await publish(() => js.publish("log", "2", { msgID: "2" }));
    await publish(() => kv.put("a", "2"));
    await all(2);
    await messages.close();
  });
});
