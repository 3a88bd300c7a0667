import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Connection,
  type ConnectionOptions,
  connect,
  type MoveInfo,
  type SpareInfo,
} from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import type { NatsServer } from "../src/testing/server.js";
import { FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { until } from "./support/until.js";

const QUICK = { failback: { interval: 300, stable: 300 } };

let nc: Connection;
let told: SpareInfo[];
let moves: MoveInfo[];

async function start(options: ConnectionOptions): Promise<void> {
  nc = await connect({ noRandomize: true, ignoreClusterUpdates: true, ...QUICK, ...options });
  told = [];
  moves = [];
  nc.on("failback", (info) => void told.push(info));
  nc.on("move", (info) => void moves.push(info));
}

afterEach(() => nc.close());

describe("option failback, with a cluster [F2]", () => {
  let cluster: NatsCluster;
  let one: NatsServer;
  let two: NatsServer;
  beforeAll(async () => {
    cluster = await NatsCluster.start({ size: 2 });
    [one, two] = cluster.servers;
  });
  afterAll(() => cluster.close());
  beforeEach(async () => {
    if (!two.running) await two.restart();
    await cluster.settled();
  });

  it.each<[string, () => ConnectionOptions["preferredServers"]]>([
    ["URL", () => [two.url]],
    ["the server's own name", () => [two.name]],
    ["a function of its INFO", () => (_, info) => info?.server_name === two.name],
  ])(
    "goes back to a server preferred by %s when that has come back and stays; nothing is lost",
    async (_, preferred) => {
      await two.kill();
      await start({ servers: [one.url, two.url], preferredServers: preferred() });
      expect(nc.getServer()).toBe(one.hostport);
      const got: number[] = [];
      nc.subscribe("a", { callback: (_, msg) => void got.push(Number(msg.string())) });
      await nc.flush();
      const publisher = await connect({ servers: one.url, ignoreClusterUpdates: true });
      let count = 0;
      const timer = setInterval(() => publisher.publish("a", String(count++)), 1);
      try {
        await two.restart();
        await cluster.settled();
        await until(() => moves.length > 0, "the move");
        expect(moves).toMatchObject([{ reason: "failback", from: one.hostport, to: two.hostport }]);
        expect(told.at(-1)).toMatchObject({ server: two.hostport, ready: true });
      } finally {
        clearInterval(timer);
      }
      await publisher.flush();
      await until(() => got.length >= count, "all messages");
      expect(got).toEqual([...Array(count).keys()]);
      await publisher.close();
    },
  );
});

describe("option failback, with servers that a test makes", () => {
  it("does not go back to a server that keeps dropping us, and tells of each once", async () => {
    await using steady = await FakeServer.start(speaksNats());
    await using flapping = await FakeServer.start((link, number) => {
      if (number === 1) return void link.socket.destroy();
      link.send(infoLine({ server_id: "FLAPPING" }));
      link.socket.on("data", () => link.send("PONG"));
    });
    // However long the round trips take here, they are over before it has stayed.
    const failback = { interval: 300, stable: 20_000 };
    await start({ servers: [steady.url, flapping.url], preferredServers: [flapping.url], failback });
    // Whoever takes it without waiting for it to stay has done so after some round trips.
    nc.on("failback", async ({ ready }) => {
      if (!ready) return;
      for (let i = 0; i < 5; i++) await nc.flush();
      flapping.links.at(-1)!.socket.destroy();
    });
    await until(() => flapping.links.length > 4, "some looks at it");
    expect([nc.getServer(), moves]).toEqual([steady.hostport, []]);
    expect(told.slice(0, 4).map(({ ready }) => ready)).toEqual([true, false, true, false]);
  });

  it("asks one that refuses us at the pace of the interval, tells it once, and forgets it when setServers() drops it", async () => {
    await using steady = await FakeServer.start(speaksNats());
    await using strict = await FakeServer.start((link, number) => {
      if (number === 1) return void link.socket.destroy();
      link.send(infoLine({ server_id: "STRICT", auth_required: true }));
      link.socket.once("data", () => link.socket.end("-ERR 'Authorization Violation'\r\n"));
    });
    await start({ servers: [steady.url, strict.url], preferredServers: [strict.url] });
    const begun = performance.now();
    await until(() => strict.links.length === 5, "some looks at it");
    // Three waits of at least half the interval.
    expect(performance.now() - begun).toBeGreaterThan(3 * 150);
    expect(told).toMatchObject([{ ready: false, error: { code: "AUTHORIZATION_VIOLATION" } }]);
    expect(nc.state).toBe("connected");
    nc.setServers([steady.url]);
    const ours = () => strict.links.filter(({ received }) => !received.includes("control")).length;
    const before = ours();
    const servers = [steady.url, strict.url];
    const control = await connect({
      servers,
      noRandomize: true,
      name: "control",
      preferredServers: [strict.url],
      ...QUICK,
    });
    await until(() => strict.links.length - ours() >= 3, "the looks of another client");
    expect(ours()).toBe(before);
    await control.close();
  });

  it("has clients look at different times", async () => {
    await using steady = await FakeServer.start(speaksNats());
    const looks: number[] = [];
    await using preferred = await FakeServer.start((link) => {
      looks.push(performance.now());
      link.socket.destroy();
    });
    const others = await Promise.all(
      Array.from({ length: 12 }, () =>
        connect({
          servers: [steady.url, preferred.url],
          noRandomize: true,
          preferredServers: [preferred.url],
          failback: { interval: 600, stable: 300 },
        }),
      ),
    );
    [nc] = others;
    looks.length = 0;
    // Within half to one and a half times the interval. Twelve looks are one of each, should they look at the same time: then all rounds
    // of them are as close together as the first; a round in which this machine stood still is not.
    const apart = () =>
      looks.some((since, i) => i % 12 === 0 && looks.length >= i + 12 && looks[i + 11] - since > 150);
    await until(apart, () => `looks that are apart: ${looks.map(Math.round)}`);
    await Promise.all(others.map((other) => other.close()));
  });

  it("is off with false", async () => {
    await using steady = await FakeServer.start(speaksNats());
    // Nobody gets in at the first connect; later everybody does.
    await using preferred = await FakeServer.start((link, number) => {
      if (number <= 2) link.socket.destroy();
      else speaksNats({ server_id: "PREFERRED" })(link);
    });
    await start({ servers: [steady.url, preferred.url], preferredServers: [preferred.url], failback: false });
    expect(nc.getServer()).toBe(steady.hostport);
    const other = await connect({
      servers: [steady.url, preferred.url],
      noRandomize: true,
      preferredServers: [preferred.url],
      ...QUICK,
    });
    expect(other.getServer()).toBe(steady.hostport);
    await until(() => other.getServer() === preferred.hostport, "the other's move");
    expect([nc.getServer(), moves, told]).toEqual([steady.hostport, [], []]);
    await other.close();
  });
});
