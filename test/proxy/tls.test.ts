import { connect as connectNatsJs } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import type { NatsConnection } from "../../src/interop/nats-core.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";

let server: NatsServer;
beforeAll(async () => {
  server = await NatsServer.start({ tls: true });
});
afterAll(() => server?.close());

const QUICK = { ignoreClusterUpdates: true, reconnectTimeWait: 5, reconnectJitter: 0, pingInterval: 150 };
const CLIENTS: readonly [string, (url: string) => Promise<NatsConnection>][] = [
  ["Holdfast", (url) => connect({ servers: url, tls: server.tls, ...QUICK })],
  ["nats.js", (url) => connectNatsJs({ servers: url, tls: server.tls, maxReconnectAttempts: -1, ...QUICK })],
];

describe.concurrent.each(CLIENTS)("%s with TLS, through the proxy", (_, dial) => {
  class Scene extends Cleanup {
    proxy!: FaultProxy;
    nc!: NatsConnection;
    reconnects = 0;

    static async start(): Promise<Scene> {
      const scene = new Scene();
      scene.proxy = scene.use(await FaultProxy.start({ target: server.hostport, seed: 1 }));
      const nc = await dial(scene.proxy.url);
      scene.nc = scene.use(nc);
      (async () => {
        for await (const { type } of nc.status()) if (type === "reconnect") scene.reconnects++;
      })();
      await nc.flush();
      return scene;
    }

    /** Comes back once the fault is gone, and hears itself. */
    async comesBack(): Promise<void> {
      await until(() => this.reconnects > 0, "the reconnect");
      let got = 0;
      const subject = `back.${this.proxy.port}`;
      this.nc.subscribe(subject, { callback: () => void got++ });
      this.nc.publish(subject, "still here");
      await until(() => got === 1, "a message through the new link");
    }
  }

  it("latency", async () => {
    await using scene = await Scene.start();
    scene.proxy.addToxic({ type: "latency", latency: 60 });
    expect(await scene.nc.rtt()).toBeGreaterThanOrEqual(119);
  });

  it("slices: the handshake and what follows, in pieces", async () => {
    await using proxy = await FaultProxy.start({ target: server.hostport, seed: 1 });
    proxy.addToxic({ type: "slicer", averageSize: 7, sizeVariation: 6 });
    await using scene = new Cleanup();
    const nc = scene.use(await dial(proxy.url));
    await nc.flush();
    expect(proxy.stats().injected.slicer_both).toBeGreaterThan(0);
  });

  it("a reset, and one in the middle of the next handshake", async () => {
    await using scene = await Scene.start();
    const cut = scene.proxy.addToxic({ type: "limit_data", stream: "upstream", bytes: 100 });
    scene.proxy.reset();
    await until(() => cut.injected > 0, "a handshake that was cut off");
    cut.remove();
    await scene.comesBack();
  });

  it("half-open", async () => {
    await using scene = await Scene.start();
    const toxic = scene.proxy.addToxic({ type: "half_open" });
    await until(() => scene.proxy.links.length > 1, "another attempt");
    toxic.remove();
    await scene.comesBack();
  });

  it("a byte that is changed: the link ends, no message is wrong", async () => {
    await using scene = await Scene.start();
    const toxic = scene.proxy.addToxic({ type: "corrupt", stream: "downstream", every: 500 });
    let got = 0;
    scene.nc.subscribe("long", { callback: () => void got++ });
    scene.nc.publish("long", "x".repeat(2_000));
    await until(() => scene.proxy.links[0].ended !== undefined, "the end of the link");
    expect(got).toBe(0);
    toxic.remove();
    await scene.comesBack();
  });

  it("NATS-aware toxics see what comes before the handshake, and nothing of the rest", async () => {
    await using scene = await Scene.start();
    const { proxy, nc } = scene;
    const toxics = [
      proxy.addToxic({ type: "inject", line: "-ERR 'Stale Connection'" }),
      proxy.addToxic({ type: "drop_line", verb: "PONG" }),
      proxy.addToxic({ type: "drop_line", verb: "PUB" }),
    ];
    nc.publish("a", "b");
    await nc.flush();
    expect(toxics.map(({ injected }) => injected)).toEqual([0, 0, 0]);
    proxy.removeToxics();
    const renamed = proxy.addToxic({ type: "rewrite_info", info: { server_name: "somebody" } });
    proxy.reset();
    await scene.comesBack();
    expect(renamed.injected).toBeGreaterThan(0);
  });
});
