import { connect as connectNatsJs, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { Cleanup } from "../support/cleanup.js";
import { Load } from "../support/load.js";
import { publishNumbers } from "../support/publisher.js";
import { Recorder } from "../support/recorder.js";
import { rejection, until } from "../support/until.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());

const EAGER = { ignoreClusterUpdates: true, reconnectTimeWait: 5, reconnectJitter: 0 };

class Scene extends Cleanup {
  proxy!: FaultProxy;

  static async start(): Promise<Scene> {
    const scene = new Scene();
    scene.proxy = scene.use(await FaultProxy.start({ target: server.hostport, seed: 1 }));
    return scene;
  }

  async connect(options: ConnectionOptions = {}): Promise<Connection> {
    const nc = this.use(await connect({ servers: this.proxy.url, closeTimeout: 500, ...EAGER, ...options }));
    await nc.flush();
    return nc;
  }

  async connectNatsJs(): Promise<NatsConnection> {
    const { port } = this.proxy;
    return this.use(await connectNatsJs({ port, ignoreClusterUpdates: true, reconnectTimeWait: 5 }));
  }
}

describe.concurrent("inject", () => {
  it("an -ERR to the client, under load, never inside of a frame", async () => {
    await using scene = await Scene.start();
    const { proxy } = scene;
    const nc = await scene.connect();
    const recorder = new Recorder(nc);
    const subject = "inject.down";
    const arrivals = new Arrivals();
    nc.subscribe(subject, { callback: countInto(arrivals) });
    await nc.flush();
    using load = Load.flood(nc, subject);
    for (let i = 0; i < 200; i++) {
      const toxic = proxy.addToxic({ type: "inject", line: `-ERR 'Unheard Of ${i}'`, count: 1 });
      await until(() => toxic.injected === 1, "the line");
      toxic.remove();
    }
    const count = load.stop();
    await nc.flush();
    await until(() => recorder.count("error") === 200, "the errors");
    expect(recorder.of("error").map(([error]) => error.message)).toContain("Unheard Of 199");
    expect(recorder.names("state", "error", "serverInfo")).toEqual([]);
    expect(arrivals.total).toBe(count);
    expectBalanced(nc);
  });

  it("a PING to the server, under load, never inside of a frame: each is answered", async () => {
    await using scene = await Scene.start();
    const { proxy } = scene;
    const nc = await scene.connect();
    const recorder = new Recorder(nc);
    const swallowed = proxy.addToxic({ type: "drop_line", verb: "PING", stream: "downstream" });
    using load = Load.flood(nc, "inject.up");
    for (let i = 0; i < 200; i++) {
      const toxic = proxy.addToxic({ type: "inject", line: "SUB inject.none 999", stream: "upstream" });
      await until(() => toxic.injected === 1, "the line");
      toxic.remove();
    }
    load.stop();
    await nc.flush();
    expect(recorder.names("state", "serverInfo")).toEqual([]);
    swallowed.remove();
    expectBalanced(nc);
  });
});

describe.concurrent("drop_line", () => {
  it("PUB: whole frames go, with payloads that look like the protocol", async () => {
    await using scene = await Scene.start();
    const nc = await scene.connect();
    const got: string[] = [];
    nc.subscribe("drop.pub", { callback: (_, msg) => got.push(msg.string()) });
    await nc.flush();
    const toxic = scene.proxy.addToxic({ type: "drop_line", verb: "PUB", stream: "upstream", count: 2 });
    const nasty = "PONG\r\nPUB x 3\r\nabc\r\n-ERR 'no'\r\n";
    for (let i = 0; i < 5; i++) nc.publish("drop.pub", `${i}${nasty}`);
    await nc.flush();
    await until(() => got.length === 3, "the rest");
    expect(got).toEqual([2, 3, 4].map((i) => `${i}${nasty}`));
    expect(toxic.injected).toBe(2);
  });

  it("a payload that contains PONG is not taken for one", async () => {
    await using scene = await Scene.start();
    const nc = await scene.connect();
    const toxic = scene.proxy.addToxic({ type: "drop_line", verb: "PING" });
    const got: string[] = [];
    nc.subscribe("nasty", { callback: (_, msg) => got.push(msg.string()) });
    for (let i = 0; i < 100; i++) nc.publish("nasty", `PING\r\n${"PING\r\n".repeat(i)}`);
    await until(() => got.length === 100, "the messages");
    expect(got[99]).toBe("PING\r\n".repeat(100));
    expect(toxic.injected).toBeLessThan(100);
    toxic.remove();
  });

  it("SUB: a request has no answer", async () => {
    await using scene = await Scene.start();
    const nc = await scene.connectNatsJs();
    await nc.flush();
    const toxic = scene.proxy.addToxic({ type: "drop_line", verb: "SUB" });
    nc.subscribe("drop.sub", { callback: (_, msg) => void msg.respond("here") });
    await nc.flush();
    expect((await rejection(nc.request("drop.sub", "", { timeout: 200 }))).message).toMatch(
      /timeout|responders/i,
    );
    expect(toxic.injected).toBeGreaterThan(0);
  });
});

describe.concurrent("delay_pong", () => {
  it("holds PONGs back, and nothing else", async () => {
    await using scene = await Scene.start();
    const nc = await scene.connect();
    const toxic = scene.proxy.addToxic({ type: "delay_pong", delay: 3_600_000 });
    const arrivals = new Arrivals();
    nc.subscribe("pong", { callback: countInto(arrivals) });
    publishNumbers(nc, "pong", 0, 100);
    let flushed = false;
    const flush = nc.flush().then(() => {
      flushed = true;
    });
    await until(() => arrivals.total === 100 && toxic.injected > 0, "the messages");
    expect(flushed).toBe(false);
    toxic.update({ delay: 50 });
    await flush;
    expectBalanced(nc);
  });
});

describe.concurrent("rewrite_info", () => {
  it.each([
    ["an object", { server_name: "renamed", max_payload: 1_000 }],
    [
      "a function",
      (info: Record<string, unknown>) => ({ ...info, server_name: "renamed", max_payload: 1_000 }),
    ],
  ])("by %s, for both clients", async (_, info) => {
    await using scene = await Scene.start();
    const toxic = scene.proxy.addToxic({ type: "rewrite_info", info });
    const nc = await scene.connect();
    const official = await scene.connectNatsJs();
    for (const { info } of [nc, official]) {
      expect(info).toMatchObject({ server_name: "renamed", max_payload: 1_000, port: server.port });
    }
    expect(() => nc.publish("a", "x".repeat(1_001))).toThrow(/payload/i);
    // A server may send it more than once.
    expect(toxic.injected).toBeGreaterThanOrEqual(2);
  });
});
