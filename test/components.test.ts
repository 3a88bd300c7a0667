import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Component, type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { deadUrl } from "./support/fake-server.js";
import { expectNoProblems } from "./support/problems.js";
import { Recorder } from "./support/recorder.js";
import { rejection, thrown, until } from "./support/until.js";

expectNoProblems();

let server: NatsServer;
let nc: Connection;
let other: Connection;
beforeEach(async () => {
  server = await NatsServer.start();
  other = await connect({ servers: server.url, closeTimeout: 100 });
});
afterEach(async () => {
  expectBalanced(nc);
  await Promise.all([nc.close(), other.close()]);
  await server.close();
});

async function start(options: ConnectionOptions = {}): Promise<void> {
  nc = await connect({ servers: server.url, ...options });
}

function component(stop?: () => Promise<void>): Component {
  return { facts: () => ({ kind: "other", name: "mine" }), stop };
}

/** Answers requests to `echo` on the other connection. */
async function echo(): Promise<void> {
  other.subscribe("echo", { callback: (_, msg) => void msg.respond(msg.data) });
  await other.flush();
}

describe("drain() and components [D1]", () => {
  it("tells the same events in the same order with and without them", async () => {
    const told = async (prepare: (nc: Connection) => void) => {
      await start();
      prepare(nc);
      nc.subscribe("a", { callback: () => {} });
      await nc.flush();
      const recorder = new Recorder(nc);
      nc.publish("a", "1");
      await nc.drain();
      return recorder.events.map(({ name, args }) =>
        name === "state" ? (args[0] as { to: string }).to : name,
      );
    };
    const bare = await told(() => {});
    expect(bare).toEqual(["draining", "closed", "close"]);
    expect(await told((nc) => nc.addComponent(component()))).toEqual(bare);
    expect(await told((nc) => nc.addComponent(component(async () => {})))).toEqual(bare);
    expect(await told((nc) => nc.addComponent(component())())).toEqual(bare);
  });

  it("stops them at once, together with the subscriptions, and waits for both", async () => {
    await start();
    const order: string[] = [];
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    nc.subscribe("a", { callback: () => held as never });
    await nc.flush();
    other.publish("a");
    await until(() => nc.stats().inMsgs === 1, "the message");
    nc.addComponent(
      component(async () => {
        order.push("stop 1");
        await held;
        order.push("stopped 1");
      }),
    );
    nc.addComponent(component(async () => void order.push("stop 2")));
    const drained = nc.drain().then(() => order.push("drained"));
    expect(order).toEqual(["stop 1", "stop 2"]);
    await other.flush();
    expect(order).toHaveLength(2);
    release();
    await drained;
    expect(order).toEqual(["stop 1", "stop 2", "stopped 1", "drained"]);
  });

  it("settles within drainTimeout when one never stops, and at once when close() overtakes it", async () => {
    await start({ drainTimeout: 100 });
    nc.addComponent(component(() => new Promise(() => {})));
    const since = performance.now();
    await nc.drain();
    expect(performance.now() - since).toBeGreaterThan(90);
    expect(performance.now() - since).toBeLessThan(5_000);
    expect(nc.isClosed()).toBe(true);

    await start({ drainTimeout: 600_000 });
    nc.addComponent(component(() => new Promise(() => {})));
    const drained = nc.drain();
    await nc.close();
    await drained;
  });

  it("takes its deadline from the call, too: the connection's is the default", async () => {
    await start({ drainTimeout: 600_000, closeTimeout: 600_000 });
    nc.addComponent(component(() => new Promise(() => {})));
    for (const wrong of [0, -1, "5", Number.NaN]) {
      expect((await rejection(nc.drain({ timeout: wrong as number }))).code).toBe("INVALID_ARGUMENT");
      expect((await rejection(nc.close({ timeout: wrong as number }))).code).toBe("INVALID_ARGUMENT");
    }
    expect([nc.state, nc.isDraining()]).toEqual(["connected", false]);
    await nc.drain({ timeout: 50 });
    expect(nc.isClosed()).toBe(true);

    await start({ closeTimeout: 600_000, reconnectTimeWait: 5 });
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    nc.publish("a");
    await nc.close({ timeout: 50 });
    expect(nc.stats()).toMatchObject({ dropped: 1, pending: 0 });
  });

  it("ends a connection also as somebody's listener, whatever that is called with", async () => {
    await start();
    await (nc.drain as (signal: string) => Promise<void>).call(nc, "SIGTERM");
    expect(nc.isClosed()).toBe(true);
    await start();
    await (nc.close as (result: unknown) => Promise<void>).call(nc, { done: true });
    expect(nc.isClosed()).toBe(true);
  });

  it("tells at once what went wrong with one while another one never settles, and raises no unhandled rejection", async () => {
    await start({ drainTimeout: 600_000 });
    const recorder = new Recorder(nc, ["error"]);
    nc.addComponent(component(() => new Promise(() => {})));
    nc.addComponent(component(() => Promise.reject(new Error("not stopped"))));
    nc.addComponent(
      component(() => {
        throw "no error";
      }),
    );
    const drained = nc.drain();
    await until(() => recorder.count("error") === 2, "both errors");
    expect(recorder.of("error").map(([error]) => error.message)).toEqual(["no error", "not stopped"]);
    expect(nc.isClosed()).toBe(false);
    await nc.close();
    await drained;
  });

  it("lets them publish and request, also for the first time, until the final flush", async () => {
    await echo();
    const outcomes: unknown[] = [];
    const outcome = (promise: Promise<unknown>) =>
      promise.then(
        (value) => outcomes.push((value as { string?: () => string } | undefined)?.string?.() ?? "ok"),
        (error) => outcomes.push(error.code),
      );
    for (const before of [() => {}, () => nc.request("echo", "before")]) {
      await start();
      await before();
      outcomes.length = 0;
      nc.addComponent(
        component(async () => {
          nc.publish("a", "1");
          await outcome(nc.publishConfirmed("a", "2"));
          await outcome(nc.request("echo", "during"));
          // These need a subscription of their own, and there are no new ones in a drain.
          await outcome(nc.request("echo", "alone", { noMux: true }));
          await outcome(nc.requestMany("echo", "many"));
        }),
      );
      await nc.drain();
      expect(outcomes).toEqual(["ok", "during", "CONNECTION_DRAINING", "CONNECTION_DRAINING"]);
      expect(nc.stats()).toMatchObject({ pending: 0, dropped: 0, unconfirmed: 0 });
      expect(thrown(() => nc.publish("a")).code).toBe("CONNECTION_CLOSED");
    }
  });
});

describe("drainSubscriptions()", () => {
  it("handles what has come, ends subscriptions but those of inboxes, and the connection goes on", async () => {
    await echo();
    await start();
    let [handled, release] = [0, () => {}];
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const sub = nc.subscribe("a", {
      callback: (async () => {
        await held;
        handled++;
      }) as never,
    });
    other.subscribe("slow", { callback: (_, msg) => void held.then(() => msg.respond("late")) });
    await Promise.all([nc.flush(), other.flush()]);
    for (let i = 0; i < 100; i++) other.publish("a");
    await other.flush();
    await until(() => nc.stats().inMsgs === 100, "the messages");
    const asked = [
      nc.request("slow", "", { timeout: 20_000 }),
      nc.request("slow", "", { noMux: true, timeout: 20_000 }),
    ];
    await nc.flush();
    const drained = nc.drainSubscriptions();
    await sub.closed;
    other.publish("a");
    await other.flush();
    release();
    await drained;
    expect([handled, sub.isClosed(), nc.state]).toEqual([100, true, "connected"]);
    expect((await Promise.all(asked)).map((msg) => msg.string())).toEqual(["late", "late"]);
    let after = 0;
    nc.subscribe("a", { callback: () => after++ });
    nc.publish("a");
    await nc.flush();
    expect(after).toBe(1);
    await nc.drain();
    expect((await rejection(nc.drainSubscriptions())).code).toBe("CONNECTION_CLOSED");
  });
});

describe("report()", () => {
  it("is told by the error event before the first connect, while connected, in listeners and in a drain; never throws", async () => {
    nc = await connect({ servers: await deadUrl(), retryOnFailedConnect: true, reconnectTimeWait: 600_000 });
    let recorder = new Recorder(nc, ["error"]);
    nc.report(new Error("early"));
    await until(() => recorder.count("error") === 1, "it");
    await nc.close();

    await start();
    recorder = new Recorder(nc, ["error"]);
    const boom = new Error("boom");
    nc.once("error", (error) => {
      if (error === boom) nc.report(new Error("inside"));
    });
    nc.on("state", () => nc.report(new Error("in a listener of state")));
    nc.report(boom);
    await until(() => recorder.count("error") === 2, "both");
    expect(recorder.of("error").map(([error]) => error)).toEqual([boom, new Error("inside")]);
    nc.addComponent(component(async () => nc.report(new Error("while stopping"))));
    await nc.drain();
    const texts = recorder.of("error").map(([error]) => error.message);
    expect(texts).toContain("while stopping");
    expect(texts).toContain("in a listener of state");
  });

  it("makes an error of what is none", async () => {
    await start();
    const recorder = new Recorder(nc, ["error"]);
    const revoked = Proxy.revocable(new Error("gone"), {});
    revoked.revoke();
    const told = [undefined, null, "text", 5, { code: "X" }, Symbol("s"), Object.create(null), revoked.proxy];
    for (const one of told) nc.report(one as Error);
    await until(() => recorder.count("error") === told.length, "all");
    for (const [error] of recorder.of("error")) expect(error).toBeInstanceOf(Error);
    expect(recorder.of("error")[2][0].message).toBe("text");
  });

  it("of a closed connection does no harm", async () => {
    await start();
    const recorder = new Recorder(nc, ["error"]);
    await nc.close();
    nc.report(new Error("late"));
    await until(() => recorder.count("error") === 1, "it");
    expect(nc.components).toEqual([]);
    nc.addComponent(component())();
  });
});
