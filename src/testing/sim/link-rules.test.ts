import { describe, expect, it } from "vitest";
import { Scene } from "./scene.js";
import type { Greeting } from "./server-setup.js";

describe("a link that is lost", () => {
  it("is made anew at once, on another server", () => {
    const scene = new Scene({ servers: 3 }).connect().pass(100);
    const before = scene.wire;
    const server = scene.client.engine.session.active!.server.address.listen;
    before.lose();
    scene.lost();
    const lost = scene.world.now;
    expect(scene.client.driver.lastDial.at).toBe(lost);
    scene.back();
    expect(scene.world.now - lost).toBeLessThan(15);
    expect(scene.client.engine.session.active!.server.address.listen).not.toBe(server);
    scene.rest().end();
  });

  it("is made anew at once also when there is a single server", () => {
    const scene = new Scene().connect().pass(100);
    scene.wire.lose();
    scene.lost();
    expect(scene.client.driver.lastDial.at).toBe(scene.world.now);
    scene.back().rest().end();
  });

  it("again and again right after it was made does not become a tight loop", () => {
    const scene = new Scene().connect().pass(100);
    scene.server.setup.greeting = "info-close";
    scene.wire.lose();
    scene.lost().pass(2000);
    expect(scene.client.driver.lastDial.epoch).toBeLessThan(30);
    scene.server.setup.greeting = "normal";
    scene.back().rest().end();
  });
});

describe("a link that takes over in a move", () => {
  it("stands from then on, although the move is told when the old one is forgotten", () => {
    const connector = {
      maxReconnectAttempts: -1,
      maxPasses: Number.POSITIVE_INFINITY,
      delay: () => 100,
      ignoreAuthErrorAbort: true,
      stableAfter: 100,
    };
    const scene = new Scene({ servers: 2, options: { connector } }).connect().pass(150);
    const { client, cluster } = scene;
    Object.assign(client.profile, { minWait: 100 });
    const address = () => client.engine.session.active?.server.address.listen;
    const first = address()!;
    scene.do(() => client.reconnect());
    scene.until(() => address() !== first).pass(120);
    expect(client.coverage.get("event", "move")).toBe(0);
    // Nobody takes it, so that it waits: from then on no server is dialled twice without a wait.
    for (const server of cluster.servers) scene.restart(server.address === first ? 50 : 500, server);
    scene.lost().back().pass(20);
    expect(address()).toBe(first);
    // The first link in a row that did not stand: its server may be.
    scene.wire.lose();
    const lost = scene.world.now;
    scene.lost().back();
    expect(address()).toBe(first);
    expect(scene.world.now - lost).toBeLessThan(20);
    scene.rest().end();
  });
});

describe("a bad server", () => {
  const greetings: Greeting[] = ["silent", "close", "info-close", "info-hang", "garbage", "info-error"];

  it.each(greetings)(
    "that greets with %s does not hold up the next one for longer than the timeout",
    (greeting) => {
      const scene = new Scene({ servers: 2, options: { timeout: 300 } }).connect().pass(100);
      const other = scene.cluster.servers.find(
        (server) => server.address !== scene.client.engine.session.active!.server.address.listen,
      )!;
      other.setup.greeting = greeting;
      const sent = scene.publish("data.1")!;
      scene.wire.lose();
      scene.lost();
      const lost = scene.world.now;
      scene.back();
      expect(scene.world.now - lost).toBeLessThan(320);
      scene.rest();
      expect(sent.outcome).toBe("confirmed");
      scene.end();
    },
  );

  it("that swallows the attempt does not either", () => {
    const scene = new Scene({ servers: 2, options: { timeout: 300 } }).connect().pass(100);
    for (const server of scene.cluster.servers) {
      const isOurs = server.address === scene.client.engine.session.active!.server.address.listen;
      if (!isOurs) scene.network.blackholes.add(server.address);
    }
    scene.wire.lose();
    scene.lost().back().rest().end();
  });
});

describe("a silent link", () => {
  it("with bytes waiting is given up within stallTimeout", () => {
    const liveness = { pingInterval: 0, maxPingOut: 2, stallTimeout: 1000, flusherTimeout: 60_000 };
    const scene = new Scene({ servers: 2, options: { liveness } }).connect().pass(100);
    scene.wire.vanish("both");
    const sent = scene.publish("data.1")!;
    const before = scene.world.now;
    scene.lost();
    expect(scene.world.now - before).toBeLessThan(1030);
    scene.back().rest();
    expect(sent.outcome).toBe("confirmed");
    scene.end();
  });

  it("is given up within stallTimeout also when the application goes on publishing", () => {
    const liveness = { pingInterval: 0, maxPingOut: 2, stallTimeout: 1000, flusherTimeout: 60_000 };
    const scene = new Scene({ servers: 2, options: { liveness } }).connect().pass(100);
    scene.wire.vanish("both");
    const before = scene.world.now;
    for (let i = 0; i < 200 && scene.client.engine.session.active?.epoch === 1; i++) {
      scene.publish("data.1");
      scene.pass(10);
    }
    expect(scene.world.now - before).toBeLessThan(1050);
    scene.back().rest().end();
  });

  it("without bytes is given up within pingInterval × (maxPingOut + 1)", () => {
    const liveness = { pingInterval: 500, maxPingOut: 2, stallTimeout: 0, flusherTimeout: 60_000 };
    const scene = new Scene({ servers: 2, options: { liveness } }).connect().pass(700);
    scene.wire.vanish("down");
    const before = scene.world.now;
    scene.lost();
    expect(scene.world.now - before).toBeLessThan(1510);
    scene.back().rest().end();
  });

  it.each([900, 1500, 5000])("is not one because this process stood still for %d ms", (stood) => {
    const liveness = { pingInterval: 300, maxPingOut: 1, stallTimeout: 500, flusherTimeout: 60_000 };
    const scene = new Scene({ options: { liveness } }).connect().pass(295);
    for (let at = 0; at < 40; at += 1) {
      scene.publish("data.1");
      scene.pass(at);
      scene.world.freeze(stood);
      scene.pass(stood + 300);
    }
    expect(scene.wire.epoch).toBe(1);
    scene.rest().end();
  });

  it("is not one because the server is slow to read a large frame", () => {
    const liveness = { pingInterval: 20_000, maxPingOut: 2, stallTimeout: 1000, flusherTimeout: 60_000 };
    const scene = new Scene({ options: { liveness }, conditions: { latency: 20, capacity: 4096 } }).connect();
    const sent = scene.publish("data.1", 400_000)!;
    scene.until(() => sent.outcome === "confirmed");
    scene.rest().end();
  });
});

describe("reconnect()", () => {
  it("leaves the server at once, also twice in a row, and loses nothing", () => {
    const scene = new Scene({ servers: 2 }).connect();
    const sent = Array.from({ length: 4 }, () => {
      const one = scene.publish("data.1")!;
      scene.do(() => scene.client.reconnect());
      expect(scene.client.driver.lastDial.at).toBe(scene.world.now);
      scene.back();
      return one;
    });
    scene.back().rest();
    for (const one of sent) expect(one.outcome).toBe("confirmed");
    scene.end();
  });
});

describe("credentials", () => {
  it("that are refused twice end the connection, unless it was told to go on", () => {
    for (const ignoreAuthErrorAbort of [true, false]) {
      const connector = {
        maxReconnectAttempts: -1,
        maxPasses: Number.POSITIVE_INFINITY,
        delay: () => 50,
        ignoreAuthErrorAbort,
        stableAfter: 20,
      };
      const scene = new Scene({ options: { connector } }).connect().pass(100);
      scene.server.setup.rejectAuth = true;
      scene.wire.lose();
      scene.lost().pass(1000);
      expect(scene.client.closed).toBe(!ignoreAuthErrorAbort);
      scene.server.setup.rejectAuth = false;
      if (!scene.client.closed) scene.back().rest();
      scene.end();
    }
  });
});
