import { describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { deadUrl } from "./support/fake-server.js";
import { Outage } from "./support/outage.js";
import { expectNoProblems } from "./support/problems.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

expectNoProblems();

/** How a promise ends: "ok", or the code of its error. */
const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "ok",
    (error) => error?.code ?? String(error),
  );

const DRAINED = { drainTimeout: 5_000 };

/** Connected, in an outage, or before the first connect. */
const PHASES: [string, (options: ConnectionOptions) => Promise<{ nc: Connection } & AsyncDisposable>][] = [
  ["connected", (options) => Outage.prepare(options)],
  [
    "in an outage",
    async (options) => {
      const outage = await Outage.prepare({ ...options, drainTimeout: 100 });
      await outage.begin();
      return outage;
    },
  ],
  [
    "before the first connect",
    async (options) => {
      const servers = await deadUrl();
      const rest = { retryOnFailedConnect: true, closeTimeout: 50, reconnectTimeWait: 5, drainTimeout: 100 };
      const nc = await connect({ servers, ...options, ...rest });
      return { nc, [Symbol.asyncDispose]: () => nc.close() };
    },
  ],
];

describe.each(PHASES)("the end of a connection that is %s", (_, prepare) => {
  it("drain() twice, and once more behind it [parity 185]", async () => {
    await using scene = await prepare(DRAINED);
    const { nc } = scene;
    publishNumbers(nc, "a", 0, 10);
    const first = outcome(nc.drain());
    const second = outcome(nc.drain());
    expect([await first, await second]).toEqual(["ok", "CONNECTION_DRAINING"]);
    expect(await outcome(nc.drain())).toBe("CONNECTION_CLOSED");
    expect(nc.isClosed()).toBe(true);
    expect(expectBalanced(nc).pending).toBe(0);
  });

  it.each([
    ["drain() then close()", (nc: Connection) => [nc.drain(), nc.close()]],
    ["close() then drain()", (nc: Connection) => [nc.close(), nc.drain()]],
    ["close() three times", (nc: Connection) => [nc.close(), nc.close(), nc.close()]],
    ["drain(), reconnect(), close()", (nc: Connection) => [nc.drain(), nc.reconnect(), nc.close()]],
  ])("%s at once: all settle, closed once", async (_, act) => {
    await using scene = await prepare(DRAINED);
    const { nc } = scene;
    let closes = 0;
    nc.on("close", () => closes++);
    publishNumbers(nc, "a", 0, 10);
    const outcomes = await Promise.all(act(nc).map(outcome));
    for (const one of outcomes) expect(one).toMatch(/^ok$|^CONNECTION_(DRAINING|CLOSED)$/);
    expect(await nc.closed()).toBeUndefined();
    expect(closes).toBe(1);
    expect(expectBalanced(nc).pending).toBe(0);
  });

  it("everything on a closed connection says so, and nothing hangs", async () => {
    await using scene = await prepare(DRAINED);
    const { nc } = scene;
    const writable = nc.writable();
    await nc.close();
    await writable;
    await nc.close();
    const calls = [nc.drain(), nc.flush(), nc.fence(), nc.rtt(), nc.request("a"), nc.publishConfirmed("a")];
    const outcomes = await Promise.all([...calls, nc.reconnect()].map(outcome));
    expect(outcomes).toEqual(Array(7).fill("CONNECTION_CLOSED"));
    for (const call of [() => nc.publish("a"), () => nc.subscribe("a")]) {
      expect(call).toThrow(expect.objectContaining({ code: "CONNECTION_CLOSED" }));
    }
    expect(nc.health()).toMatchObject({ status: "unhealthy", state: "closed" });
    expect([nc.getServer(), nc.buffered.messages]).toEqual(["", 0]);
    await nc.writable();
    for await (const _ of nc.status()) throw new Error("a status");
    nc.setServers(["127.0.0.1:4222"]);
    nc.on("close", () => {}).off("close", () => {});
    expectBalanced(nc);
  });
});

describe("drain() inside of what it waits for", () => {
  it("in a handler, twice, awaited", async () => {
    await using outage = await Outage.prepare(DRAINED);
    const { nc } = outage;
    const outcomes: string[] = [];
    nc.subscribe("b", {
      callback: async () => {
        outcomes.push(...(await Promise.all([outcome(nc.drain()), outcome(nc.drain())])));
      },
    });
    nc.publish("b");
    await nc.closed();
    await until(() => outcomes.length === 2, "both");
    expect(outcomes).toEqual(["ok", "CONNECTION_DRAINING"]);
    expectBalanced(nc);
  });

  it("in a handler while another one hangs for ever: within its timeout", async () => {
    await using outage = await Outage.prepare({ drainTimeout: 100 });
    const { nc } = outage;
    let hanging = false;
    nc.subscribe("b", {
      callback: () => {
        hanging = true;
        return new Promise(() => {});
      },
    });
    nc.publish("b");
    await until(() => hanging, "the handler");
    expect(await outcome(nc.drain())).toBe("ok");
    expect(nc.isClosed()).toBe(true);
    expectBalanced(nc);
  });

  it("in the listeners of its own end", async () => {
    await using outage = await Outage.prepare({ drainTimeout: 1_000 });
    const { nc } = outage;
    const outcomes: Promise<string>[] = [];
    nc.on("state", () => outcomes.push(outcome(nc.drain()), outcome(nc.close())));
    nc.on("close", () => outcomes.push(outcome(nc.drain()), outcome(nc.close())));
    publishNumbers(nc, "a", 0, 100);
    await nc.drain();
    for (const one of await Promise.all(outcomes)) expect(one).toMatch(/^ok$|^CONNECTION_(DRAINING|CLOSED)$/);
    expectBalanced(nc);
  });

  it("while the server dies and comes back", async () => {
    await using outage = await Outage.prepare(DRAINED);
    const { nc, server, got } = outage;
    await outage.begin();
    publishNumbers(nc, "a", 0, 100);
    const drained = outcome(nc.drain());
    const other = outcome(nc.drain());
    await server.restart();
    expect([await drained, await other]).toEqual(["ok", "CONNECTION_DRAINING"]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 100, confirmed: 100 });
    // Drained subscriptions are not subscribed again.
    expect(got).toEqual([]);
  });
});

describe("setServers() in the middle of everything", () => {
  it("in each event of an outage, to the same and to others", async () => {
    await using outage = await Outage.prepare();
    const { nc, server } = outage;
    const dead = await deadUrl();
    let turn = 0;
    const swap = () => nc.setServers(turn++ % 2 === 0 ? [dead, server.url] : [server.url, dead]);
    for (const name of [
      "disconnect",
      "reconnecting",
      "attemptFailed",
      "reconnect",
      "state",
      "serverInfo",
    ] as const)
      nc.on(name, swap);
    for (let round = 1; round <= 3; round++) {
      await outage.begin();
      publishNumbers(nc, "b", 0, 100);
      await outage.end();
    }
    expect(turn).toBeGreaterThan(10);
    expect(nc.getServer()).toBe(server.hostport);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 300, confirmed: 300 });
  });
});
