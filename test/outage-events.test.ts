import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, type ConnectionState, connect } from "../src/index.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { NatsServer } from "../src/testing/server.js";
import { cutLinks } from "./support/inside.js";
import { publishNumbers } from "./support/publisher.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0 };

let server: NatsServer;
let nc: Connection;
let recorder: Recorder;
beforeEach(async () => {
  server = await NatsServer.start();
});
afterEach(async () => {
  await nc.close();
  await server.close();
});

async function start(options: ConnectionOptions = {}): Promise<void> {
  nc = await connect({ servers: server.url, ...EAGER, ...options });
  recorder = new Recorder(nc);
}

describe("the events of an outage [L3, peers 16]", () => {
  it("are one disconnect and one reconnect, however many attempts it takes [parity 62]", async () => {
    await start();
    await server.kill();
    await until(() => recorder.count("reconnecting") > 20, "many attempts");
    expect(recorder.names("reconnecting", "state")).toEqual(["disconnect"]);
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(recorder.names("reconnecting", "state", "serverInfo")).toEqual(["disconnect", "reconnect"]);
    await server.restart();
    await until(() => recorder.count("reconnect") === 2, "the second reconnect");
    expect(recorder.count("disconnect")).toBe(2);
  });

  it("tell the server, the cause, and what was on its way", async () => {
    await start();
    let lastError: Error | undefined;
    nc.once("disconnect", () => {
      lastError = nc.lastError;
    });
    await server.kill();
    await until(() => recorder.count("disconnect") === 1, "the outage");
    const [error, info] = recorder.of("disconnect")[0];
    expect(error).toMatchObject({ code: "CONNECTION_LOST" });
    const cause = {
      kind: "server-shutdown",
      code: "CONNECTION_LOST",
      message: `${server.hostport} closed the connection`,
      evidence: expect.arrayContaining(["the other side ended the connection without an error"]),
      advice: expect.arrayContaining([expect.stringContaining("look at the server's log and uptime")]),
      docs: "docs/causes/server-shutdown.md",
    };
    expect(info).toEqual({ server: server.hostport, cause, unconfirmed: 0, abandoned: 0 });
    expect(lastError).toBe(error);
  });

  it("tell each attempt with its number, server, delay and the error before", async () => {
    await start();
    await server.kill();
    const refused = () => {
      const waits = recorder.of("reconnecting").filter(([info]) => info.server === "");
      return (waits.at(-1)?.[0].error as { code?: string } | undefined)?.code === "CONNECTION_REFUSED";
    };
    // Those that come too early still meet the dying server's socket.
    await until(() => recorder.count("reconnecting") > 6 && refused(), "attempts");
    const told = recorder.of("reconnecting").map(([info]) => info);
    expect(told[0]).toMatchObject({ attempt: 1, server: server.hostport, delay: 0 });
    expect(told[0].error).toMatchObject({ code: "CONNECTION_LOST" });
    const attempts = told.filter((info) => info.server !== "");
    const waits = told.filter((info) => info.server === "");
    expect(attempts.map((info) => info.attempt)).toEqual(attempts.map((_, i) => i + 1));
    expect(attempts.every((info) => info.delay === 0)).toBe(true);
    expect(waits.every((info) => info.delay === 5)).toBe(true);
    expect(waits.at(-1)?.error).toMatchObject({ code: "CONNECTION_REFUSED" });
  });

  it("tell at the reconnect where, from where, how long, after how many attempts, and how much is replayed", async () => {
    await start();
    const since = performance.now();
    await server.kill();
    await until(() => recorder.count("disconnect") === 1, "the outage");
    publishNumbers(nc, "a", 0, 10);
    await until(() => recorder.count("reconnecting") > 5, "attempts");
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    const [info] = recorder.of("reconnect")[0];
    const attempts = recorder.of("reconnecting").filter(([told]) => told.server !== "");
    expect(info).toMatchObject({ server: server.hostport, previous: server.hostport, replayed: 0 });
    expect(info.attempts).toBe(attempts.length);
    expect(info.downtime).toBeGreaterThan(5);
    expect(info.downtime).toBeLessThan(performance.now() - since);
  });

  it("say whether it is another server process, which has forgotten what it kept in memory", async () => {
    await using proxy = await FaultProxy.start({ target: server.hostport });
    await start({ servers: proxy.url, ignoreClusterUpdates: true, partitionThreshold: 0 });
    proxy.reset();
    await until(() => recorder.count("partition") === 1, "the reconnect");
    await server.kill();
    await server.restart();
    await until(() => recorder.count("partition") === 2, "the reconnect after the restart");
    expect(recorder.of("reconnect").map(([info]) => info.serverChanged)).toEqual([false, true]);
    const told = { previous: proxy.hostport, server: proxy.hostport };
    recorder.of("partition").forEach(([info], i) => {
      const [{ downtime: duration, serverChanged }] = recorder.of("reconnect")[i];
      expect(info).toEqual({ ...told, duration, serverChanged });
    });
  });

  it("come as statuses, too, in the shape of nats.js", async () => {
    await start();
    const statuses: unknown[] = [];
    const reading = (async () => {
      for await (const status of nc.status()) statuses.push(status);
    })();
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    await nc.close();
    await reading;
    expect(statuses[0]).toEqual({ type: "disconnect", server: server.hostport });
    expect(statuses.slice(1, -2).every((one) => (one as { type: string }).type === "reconnecting")).toBe(
      true,
    );
    expect(statuses.slice(-2)).toEqual([{ type: "reconnect", server: server.hostport }, { type: "close" }]);
  });

  it("a status iterator that nobody reads holds nothing up, and can be stopped [parity 54, 55]", async () => {
    await start();
    nc.status();
    const stopped = nc.status();
    stopped.stop();
    for await (const status of stopped) throw new Error(`a status: ${status.type}`);
    await server.restart();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
  });
});

describe("the state and its history [L1]", () => {
  const LEGAL: Record<ConnectionState, ConnectionState[]> = {
    disconnected: ["connecting", "closed"],
    connecting: ["connected", "reconnecting", "draining", "closed"],
    connected: ["reconnecting", "draining", "closed"],
    reconnecting: ["connected", "disconnected", "draining", "closed"],
    draining: ["closed"],
    closed: [],
  };

  function expectLegal(connection: Connection): void {
    let state: ConnectionState = connection.history[0].from;
    let at = 0;
    for (const change of connection.history) {
      expect(change.from).toBe(state);
      expect(LEGAL[change.from], `${change.from} → ${change.to}`).toContain(change.to);
      expect(change.at).toBeGreaterThanOrEqual(at);
      expect(change.reason).not.toBe("");
      state = change.to;
      at = change.at;
    }
    expect(connection.state).toBe(state);
  }

  it("go through legal transitions only, each told once, with time and reason [parity 49, 61]", async () => {
    const before = Date.now();
    await start();
    for (let i = 1; i <= 3; i++) {
      await server.restart();
      await until(() => recorder.count("reconnect") === i, `reconnect ${i}`);
    }
    await nc.reconnect();
    await until(() => recorder.count("move") === 1, "the move, which is no change of state");
    cutLinks(nc);
    await until(() => recorder.count("reconnect") === 4, "the last reconnect");
    await server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    const drained = nc.drain();
    expect([nc.state, nc.isDraining()]).toEqual(["draining", true]);
    await server.restart();
    await drained;
    expectLegal(nc);
    expect(nc.history.map((change) => change.to)).toEqual([
      "connecting",
      ...Array(4).fill(["connected", "reconnecting"]).flat(),
      "connected",
      "reconnecting",
      "draining",
      "closed",
    ]);
    expect(recorder.of("state").map(([change]) => change)).toEqual(nc.history.slice(2));
    expect(nc.history[0].at).toBeGreaterThan(before - 1_000);
    expect(nc.history.at(-1)?.at).toBeLessThan(Date.now() + 1_000);
  });

  it("give up by way of disconnected", async () => {
    await start({ maxReconnectAttempts: 2 });
    await server.kill();
    expect(await nc.closed()).toMatchObject({ code: "MAX_RECONNECT_ATTEMPTS" });
    expectLegal(nc);
    expect(nc.history.map((change) => change.to).slice(-3)).toEqual([
      "reconnecting",
      "disconnected",
      "closed",
    ]);
  });

  it("keep the last 64 changes", async () => {
    await start();
    for (let i = 1; i <= 40; i++) {
      cutLinks(nc);
      await until(() => recorder.count("reconnect") === i, `reconnect ${i}`);
    }
    expect(nc.history).toHaveLength(64);
    expect(nc.history.at(-1)).toMatchObject({ from: "reconnecting", to: "connected" });
  });
});
