import { describe, expect, it } from "vitest";
import { Scene } from "./scene.js";

describe("credentials that expire", () => {
  it("cost a link each time, and no message", () => {
    const scene = new Scene({ servers: 2, setup: { authLifetime: 300 } }).connect();
    const sent = Array.from({ length: 20 }, () => scene.pass(50).publish("data.1")!);
    scene.back().rest();
    const { coverage } = scene.client;
    expect(coverage.get("cause", "disconnect authentication")).toBeGreaterThanOrEqual(3);
    expect(coverage.get("server error", "user authentication expired")).toBeGreaterThanOrEqual(3);
    for (const one of sent) expect(one.outcome).toBe("confirmed");
    scene.end();
  });
});

describe("a server with room for fewer connections than before", () => {
  it("lets go of the client, which goes to another one", () => {
    const scene = new Scene({ servers: 2 }).connect().pass(50);
    const full = scene.cluster.servers.find((server) => server.peers.size > 0)!;
    full.limit(0);
    scene.lost().back().rest();
    expect(full.peers.size).toBe(0);
    expect(scene.client.coverage.get("cause", "disconnect overload")).toBe(1);
    scene.end();
  });

  it("refuses it until there is room again", () => {
    const scene = new Scene().connect().pass(50);
    scene.server.limit(0);
    scene.lost().pass(1000);
    expect(scene.client.coverage.get("cause", "attemptFailed overload")).toBeGreaterThan(3);
    scene.server.setup.maxConnections = undefined;
    scene.back().rest().end();
  });
});

describe("a server that asks for signs of life", () => {
  it("gets them, and gives up a client whose answers do not arrive", () => {
    const liveness = { pingInterval: 0, maxPingOut: 2, stallTimeout: 60_000, flusherTimeout: 60_000 };
    const setup = { pingInterval: 100 };
    const scene = new Scene({ servers: 2, setup, options: { liveness } }).connect().pass(2000);
    expect(scene.wire.epoch).toBe(1);
    scene.wire.vanish("up");
    scene.lost();
    expect(scene.client.coverage.get("cause", "disconnect stale")).toBe(1);
    scene.back().rest().end();
  });
});

describe("a server whose routes are down", () => {
  it("takes what the client publishes: for subscribers elsewhere it is gone, which is no loss of the client's", () => {
    const scene = new Scene({ servers: 2 }).connect().pass(50);
    const { client, cluster } = scene;
    const here = cluster.servers.find((server) => server.peers.size > 0)!;
    cluster.isolate(here);
    let received = 0;
    scene.app.message = () => received++;
    scene.do(() => client.subscribe("ext.1", undefined, undefined));
    scene.pass(20);
    for (let i = 0; i < 20; i++) cluster.publishFromOutside("ext.1", 20);
    scene.pass(50);
    // Those who publish elsewhere are not heard.
    expect(received).toBeLessThan(20);
    cluster.rejoin(here);
    for (let i = 0; i < 20; i++) cluster.publishFromOutside("ext.1", 20);
    const before = received;
    scene.pass(50);
    expect(received - before).toBeGreaterThan(0);
    scene.rest().end();
  });
});
