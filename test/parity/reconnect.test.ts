import { describe, expect, it } from "vitest";
import { type Connection, connect, type Msg } from "../../src/index.js";
import { NatsCluster } from "../../src/testing/cluster.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { Outage } from "../support/outage.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

const back = (nc: Connection, times: number) =>
  until(() => nc.state === "connected" && nc.stats().reconnects === times, `reconnect ${times}`);

describe("a server that goes and comes back", () => {
  it("leaves one reconnect in the counters, and what was published meanwhile at the subscription [parity 43]", async () => {
    await using outage = await Outage.prepare();
    const { nc, got } = outage;
    await outage.begin();
    expect(nc.stats().reconnects).toBe(0);
    for (const text of ["1", "2", "3"]) nc.publish("a", text);
    await outage.end();
    expect(got).toEqual(["1", "2", "3"]);
    expect(nc.health()).toMatchObject({ reconnectCount: 1, stats: { reconnects: 1 } });
  });

  it("finds subscribing, unsubscribing and publishing of that time done, each once [parity 44]", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    const counts = { kept: 0, ended: 0, made: 0, late: 0 };
    nc.subscribe("x", { callback: () => counts.kept++ });
    const ended = nc.subscribe("x", { callback: () => counts.ended++ });
    await nc.flush();
    await outage.begin();
    nc.subscribe("x", { callback: () => counts.made++ });
    ended.unsubscribe();
    for (let i = 0; i < 10; i++) nc.publish("x", "y");
    nc.subscribe("x", { callback: () => counts.late++ }).unsubscribe();
    await outage.end();
    for (let i = 0; i < 10; i++) nc.publish("x", "y");
    await nc.flush();
    expect(counts).toEqual({ kept: 20, ended: 0, made: 20, late: 0 });
  });

  it("has isClosed() say no while it is up, down and up again, and yes only after close() [parity 48, 49]", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    const seen: unknown[] = [[nc.state, nc.isClosed()]];
    await outage.begin();
    seen.push([nc.state, nc.isClosed()]);
    await outage.end();
    seen.push([nc.state, nc.isClosed()]);
    await nc.close();
    seen.push([nc.state, nc.isClosed()]);
    expect(seen).toEqual([
      ["connected", false],
      ["reconnecting", false],
      ["connected", false],
      ["closed", true],
    ]);
  });

  it("may do so ten times: the callbacks can read the last error each time [parity 53]", async () => {
    await using server = await NatsServer.start();
    const read: [string, string | undefined][] = [];
    const nc = await connect({
      servers: server.url,
      reconnectTimeWait: 5,
      disconnectedCb: (error, _, nc) =>
        read.push(["disconnect", nc.lastError === error ? "its error" : "another"]),
      closedCb: (_, __, nc) => read.push(["close", nc.health().lastError]),
    });
    for (let times = 1; times <= 10; times++) {
      await server.restart();
      await back(nc, times);
    }
    await nc.close();
    expect(read.slice(0, 10)).toEqual(Array(10).fill(["disconnect", "its error"]));
    expect(read.slice(10).map(([name]) => name)).toEqual(["close"]);
  });
});

describe("the servers of a cluster that are taken away one by one", () => {
  it("leave publishing and subscribing at work on those that are left [parity 63]", async () => {
    await using cleanup = new Cleanup();
    const cluster = cleanup.use(await NatsCluster.start());
    const nc = cleanup.use(await connect({ servers: cluster.urls, reconnectTimeWait: 5, timeout: 1_000 }));
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => void got.push(msg.string()) });
    await nc.flush();
    for (let left = 2; left >= 1; left--) {
      await cluster.servers.find(({ hostport }) => hostport === nc.getServer())?.kill();
      nc.publish("a", `${left} left`);
      await back(nc, 3 - left);
      await nc.flush();
    }
    expect(got).toEqual(["2 left", "1 left"]);
  });
});

describe("a subscription with a max that several readers share", () => {
  it("gives each message to one of them, and the total is exact across a restart [parity 47]", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    const iterator = nc.subscribe("jobs", { max: 20 })[Symbol.asyncIterator]();
    const texts: string[] = [];
    const reader = async () => {
      for (;;) {
        const { done, value } = (await iterator.next()) as IteratorResult<Msg>;
        if (done) return;
        texts.push(value.string());
      }
    };
    const readers = Promise.all(Array.from({ length: 5 }, reader));
    const send = async (from: number, to: number) => {
      for (let i = from; i < to; i++) nc.publish("jobs", String(i));
      await nc.flush();
    };
    await send(0, 12);
    await outage.begin();
    await outage.end();
    await send(12, 40);
    await readers;
    expect(texts).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  });
});

describe("callbacks", () => {
  it("come in the order of what happened, errors among them, and none after the close [parity 56, 57]", async () => {
    await using server = await NatsServer.start({
      config:
        'authorization { users = [{ user: "u", password: "p", permissions: { publish: { deny: "denied" } } }] }',
    });
    const order: string[] = [];
    const nc = await connect({
      servers: server.url,
      user: "u",
      pass: "p",
      reconnectTimeWait: 5,
      connectedCb: () => order.push("connected"),
      disconnectedCb: () => order.push("disconnected"),
      reconnectedCb: () => order.push("reconnected"),
      asyncErrorCb: () => order.push("error"),
      closedCb: () => order.push("closed"),
    });
    await server.restart();
    await back(nc, 1);
    nc.publish("denied", "x");
    await until(() => order.includes("error"), "the refusal");
    await nc.close();
    await server.restart();
    expect(order).toEqual(["connected", "disconnected", "reconnected", "error", "closed"]);
  });

  it("tell a server that stops without reconnecting: disconnected, then closed [parity 40, 57]", async () => {
    await using server = await NatsServer.start();
    const order: string[] = [];
    const nc = await connect({
      servers: server.url,
      reconnect: false,
      disconnectedCb: (error) => order.push(`disconnected ${error !== undefined}`),
      closedCb: (error) => order.push(`closed ${error !== undefined}`),
    });
    await server.kill();
    await nc.closed();
    expect(order).toEqual(["disconnected true", "closed true"]);
  });
});

describe("a server behind a line that breaks in every handshake, twelve times", () => {
  it("answers 25 requests once the line holds [parity 65]", async () => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const proxy = cleanup.use(await FaultProxy.start({ target: server.hostport }));
    const service = cleanup.use(await connect({ servers: server.url }));
    service.subscribe("double", { callback: (_, msg) => void msg.respond(`${2 * Number(msg.string())}`) });
    await service.flush();
    const nc = cleanup.use(
      await connect({
        servers: proxy.url,
        ignoreClusterUpdates: true,
        reconnectTimeWait: 1,
        reconnectJitter: 0,
      }),
    );
    const recorder = new Recorder(nc, ["attemptFailed", "reconnect"]);
    const fault = proxy.addToxic({ type: "limit_data", bytes: 40 });
    proxy.reset();
    await until(() => nc.state === "reconnecting", "the outage");
    const answers = Array.from({ length: 25 }, (_, i) =>
      nc.request("double", String(i), { timeout: 10_000 }),
    );
    await until(() => recorder.count("attemptFailed") >= 12, "twelve broken handshakes");
    fault.remove();
    expect((await Promise.all(answers)).map((msg) => Number(msg.string()))).toEqual(
      Array.from({ length: 25 }, (_, i) => 2 * i),
    );
    expect(recorder.count("reconnect")).toBe(1);
  });
});
