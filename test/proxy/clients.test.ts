import type { NatsConnection } from "@nats-io/nats-core";
import { connect as connectNatsJs } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { Random } from "../../src/testing/random.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());

/** What a test may want of a client beyond the usual. */
interface Options {
  pingInterval?: number;
  maxPingOut?: number;
}

const CLIENTS = [
  [
    "Holdfast",
    (url: string, options: object): Promise<NatsConnection> => connect({ servers: url, ...options }),
  ],
  [
    "nats.js",
    (url: string, options: object): Promise<NatsConnection> =>
      connectNatsJs({ servers: url, maxReconnectAttempts: -1, ...options }),
  ],
] as const;

/** A proxy, and a client behind it that counts what its status tells. */
class Scene extends Cleanup {
  proxy!: FaultProxy;
  nc!: NatsConnection;
  private readonly told = new Map<string, number>();

  static async start(dial: (typeof CLIENTS)[number][1], options: Options = {}): Promise<Scene> {
    const scene = new Scene();
    const { told } = scene;
    scene.proxy = scene.use(await FaultProxy.start({ target: server.hostport, seed: 1 }));
    // An attempt that began in the fault ends soon behind it: that of nats.js would take 20 s.
    const fixed = { ignoreClusterUpdates: true, reconnectTimeWait: 5, reconnectJitter: 0, timeout: 1000 };
    const nc = await dial(scene.proxy.url, { ...fixed, ...options });
    scene.nc = scene.use(nc);
    (async () => {
      for await (const { type } of nc.status()) told.set(type, (told.get(type) ?? 0) + 1);
    })();
    await nc.flush();
    return scene;
  }

  count(type: "disconnect" | "reconnect" | "error"): number {
    return this.told.get(type) ?? 0;
  }

  /** The client notices, and comes back as soon as the fault is gone. */
  async comesBack(gone: () => unknown): Promise<void> {
    await until(() => this.count("disconnect") > 0, "that it is noticed");
    await gone();
    const { nc } = this;
    await until(() => this.count("reconnect") > 0, "the reconnect");
    let got = 0;
    const inbox = `back.${this.proxy.port}`;
    nc.subscribe(inbox, { callback: () => void got++ });
    nc.publish(inbox, "still here");
    await until(() => got === 1, "a message through the new link");
  }
}

const FAST_PINGS = { pingInterval: 150, maxPingOut: 2 };

describe.each(CLIENTS)("%s", (_, dial) => {
  describe.concurrent("a link that ends", () => {
    it.each([
      { type: "reset_peer" },
      { type: "reset_peer", timeout: 20 },
      { type: "timeout", timeout: 20 },
      { type: "limit_data", bytes: 5_000 },
    ] as const)("%j: the client comes back", async (toxic) => {
      await using scene = await Scene.start(dial);
      const { proxy, nc } = scene;
      const added = proxy.addToxic(toxic);
      if (toxic.type === "limit_data") for (let i = 0; i < 100; i++) nc.publish("limited", "x".repeat(100));
      await scene.comesBack(() => added.remove());
      expect(added.injected).toBeGreaterThan(0);
    });

    it("down, and up again: the client comes back", async () => {
      await using scene = await Scene.start(dial);
      scene.proxy.down();
      await scene.comesBack(() => scene.proxy.up());
    });

    it("an -ERR that is injected, and the end of the link behind it: the client comes back", async () => {
      await using scene = await Scene.start(dial);
      const { proxy } = scene;
      const toxic = proxy.addToxic({ type: "inject", line: "-ERR 'Stale Connection'", count: 1 });
      expect(toxic.injected).toBe(1);
      proxy.links[0].halfClose("downstream");
      await scene.comesBack(() => {});
    });
  });

  describe.concurrent("a link that is silent", () => {
    it.each([
      { type: "half_open" },
      { type: "timeout" },
      { type: "blackhole", stream: "upstream" },
      { type: "blackhole", stream: "downstream" },
      { type: "freeze" },
      { type: "freeze", stream: "downstream" },
      { type: "drop_line", verb: "PONG", stream: "downstream" },
      { type: "drop_line", verb: "PING", stream: "upstream" },
      { type: "delay_pong", stream: "downstream", delay: 60_000 },
    ] as const)("%j: the client's pings tell, and it comes back", async (toxic) => {
      await using scene = await Scene.start(dial, FAST_PINGS);
      const added = scene.proxy.addToxic(toxic);
      await until(() => added.injected > 0, "that it does something");
      await scene.comesBack(() => added.remove());
    });
  });

  describe.concurrent("a link that is slow", () => {
    it("latency in one direction, or in both", async () => {
      await using scene = await Scene.start(dial);
      const toxic = scene.proxy.addToxic({ type: "latency", stream: "upstream", latency: 60 });
      expect(await scene.nc.rtt()).toBeGreaterThanOrEqual(59);
      toxic.remove();
      scene.proxy.addToxic({ type: "latency", latency: 60 });
      expect(await scene.nc.rtt()).toBeGreaterThanOrEqual(119);
    });

    it("bandwidth", async () => {
      await using scene = await Scene.start(dial);
      scene.proxy.addToxic({ type: "bandwidth", stream: "upstream", rate: 1_000_000 });
      const since = performance.now();
      for (let i = 0; i < 100; i++) scene.nc.publish("wide", "x".repeat(5_000));
      await scene.nc.flush();
      expect(performance.now() - since).toBeGreaterThan(400);
      expect(scene.count("disconnect")).toBe(0);
    });
  });

  it("toxics that lose nothing, changed all the time while traffic flows: all arrives, once and in order", async () => {
    await using scene = await Scene.start(dial);
    const { proxy, nc } = scene;
    const random = new Random(4);
    const numbers: number[] = [];
    const subject = `flow.${proxy.port}`;
    const nasty = "\r\nPONG\r\nMSG a 1 9999\r\n-ERR 'x'\r\n";
    nc.subscribe(subject, {
      callback: (_, msg) => {
        const text = msg.string();
        const number = Number.parseInt(text, 10);
        numbers.push(text === `${number}${nasty}${"x".repeat(number % 500)}` ? number : Number.NaN);
      },
    });
    await nc.flush();
    let count = 0;
    const changes = [
      () => proxy.addToxic({ type: "latency", latency: random.int(10), jitter: 5 }),
      () => proxy.addToxic({ type: "slicer", averageSize: 1 + random.int(500), sizeVariation: 0 }),
      () => proxy.addToxic({ type: "bandwidth", rate: 1_000_000 + random.int(10_000_000) }),
      () => proxy.addToxic({ type: "freeze", stream: random.pick(["upstream", "downstream"]) }),
      () => proxy.addToxic({ type: "delay_pong", delay: random.int(20) }),
      () => proxy.addToxic({ type: "slow_close", delay: 5 }),
      () => proxy.addToxic({ type: "inject", line: "+OK" }),
      () => proxy.addToxic({ type: "inject", line: "UNSUB 999999", stream: "upstream" }),
      () => proxy.addToxic({ type: "drop_line", verb: "+OK" }),
      () => proxy.addToxic({ type: "rewrite_info", info: { server_name: "x" } }),
      () => proxy.toxics.at(random.int(5))?.update({ toxicity: random.int(2) }),
      () => proxy.toxics.at(random.int(5))?.remove(),
      () => proxy.toxics.at(0)?.remove(),
      () => proxy.toxics.at(0)?.remove(),
      () => proxy.removeToxics(),
    ];
    for (let round = 0; round < 300; round++) {
      random.pick(changes)();
      const until = count + random.int(30);
      for (; count < until; count++) nc.publish(subject, `${count}${nasty}${"x".repeat(count % 500)}`);
      await new Promise((resolve) => setTimeout(resolve, random.int(4)));
    }
    proxy.removeToxics();
    await nc.flush();
    await until(() => numbers.length >= count, "all messages");
    expect(numbers).toEqual([...Array(count).keys()]);
    expect([scene.count("disconnect"), scene.count("error")]).toEqual([0, 0]);
    expect(Object.keys(proxy.stats().injected).length).toBeGreaterThan(8);
  });

  it("thousands of slices of every size, both ways: all arrives, once and in order", async () => {
    await using scene = await Scene.start(dial);
    const { proxy, nc } = scene;
    const toxic = proxy.addToxic({ type: "slicer", averageSize: 40, sizeVariation: 39 });
    const got: string[] = [];
    const subject = `slices.${proxy.port}`;
    nc.subscribe(subject, { callback: (_, msg) => void got.push(msg.string()) });
    const sent = Array.from({ length: 1_000 }, (_, i) => `${i} ${"PING\r\n".repeat(i % 40)}`);
    for (const text of sent) nc.publish(subject, text);
    await nc.flush();
    await until(() => got.length >= sent.length, "all messages");
    expect(got).toEqual(sent);
    expect(toxic.injected).toBeGreaterThan(5_000);
    expect(scene.count("disconnect")).toBe(0);
  });
});
