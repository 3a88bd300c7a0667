import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import type { NatsServer } from "../src/testing/server.js";
import { Arrivals, countInto } from "./support/arrivals.js";
import { expectBalanced } from "./support/books.js";
import { deadUrl, FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { inTurn } from "./support/in-turn.js";
import { Load } from "./support/load.js";
import { Recorder } from "./support/recorder.js";
import { rejection, thrown, until } from "./support/until.js";

/** A wait that no test can sit out: what happens does so without one. */
const NEVER = { reconnectTimeWait: 600_000 };

let cluster: NatsCluster;
let one: NatsServer;
let two: NatsServer;
let nc: Connection;
let recorder: Recorder;
beforeAll(async () => {
  cluster = await NatsCluster.start({ size: 2 });
  [one, two] = cluster.servers;
});
afterAll(() => cluster.close());
beforeEach(async () => {
  if (cluster.servers.every(({ running }) => running)) return;
  for (const server of cluster.servers) if (!server.running) await server.restart();
  await cluster.settled();
});
afterEach(async () => {
  expectBalanced(nc);
  await nc.close();
});

async function start(options: ConnectionOptions = {}): Promise<void> {
  nc = await connect({
    servers: one.url,
    ignoreClusterUpdates: true,
    moveSettle: 1,
    dialer: inTurn(),
    ...NEVER,
    ...options,
  });
  recorder = new Recorder(nc);
}

async function moves(count: number): Promise<void> {
  await until(() => recorder.count("move") === count, `move ${count}`);
}

async function reconnects(count: number): Promise<void> {
  await until(() => recorder.count("reconnect") === count, `reconnect ${count}`);
}

describe("nc.reconnect() [R4]", () => {
  it("makes a new link before it leaves the old one: no disconnect, nothing is reconnecting [parity 78, 94]", async () => {
    await start();
    const { client_id } = nc.info as { client_id: number };
    await nc.reconnect();
    await moves(1);
    expect(nc.info?.client_id).toBeGreaterThan(client_id);
    expect(recorder.names("serverInfo")).toEqual(["move"]);
    const { hostport } = one;
    expect(recorder.of("move")[0]).toMatchObject([{ from: hostport, to: hostport, reason: "reconnect" }]);
  });

  it("leaves the server first where a second link is not to be had; the disconnect has no error [parity 78, 94]", async () => {
    await using fake = await FakeServer.start((link, number) => {
      if (number === 2)
        link.socket.end(`${infoLine()}\r\n-ERR 'maximum account active connections exceeded'\r\n`);
      else speaksNats()(link);
    });
    await start({ servers: fake.url });
    await nc.reconnect();
    await reconnects(1);
    expect(recorder.names("state", "serverInfo", "error")).toEqual([
      "disconnect",
      "reconnecting",
      "reconnect",
    ]);
    expect(recorder.of("disconnect")[0][0]).toBeUndefined();
    await nc.close();
  });

  it("goes to another server where there is one", async () => {
    await start({ servers: [one.url, two.url], noRandomize: true });
    await nc.reconnect();
    await moves(1);
    expect(nc.getServer()).toBe(two.hostport);
    await nc.reconnect();
    await moves(2);
    expect(nc.getServer()).toBe(one.hostport);
  });

  it("waits for nothing, also when it is called again and again on a single server", async () => {
    await start();
    for (let i = 1; i <= 5; i++) {
      await nc.reconnect();
      await moves(i);
    }
    expect(recorder.names("serverInfo", "move")).toEqual([]);
  });

  it("ten quick calls make one move, and a later one another [parity 80]", async () => {
    await start();
    await Promise.all(Array.from({ length: 10 }, () => nc.reconnect()));
    await moves(1);
    await nc.flush();
    expect(recorder.count("move")).toBe(1);
    await nc.reconnect();
    await moves(2);
    expect([recorder.count("disconnect"), recorder.count("reconnect")]).toEqual([0, 0]);
  });

  it("gets back at once after credentials have expired, in spite of a long wait [parity 81]", async () => {
    let refusing = false;
    await using fake = await FakeServer.start((link) => {
      if (refusing) link.socket.end(`${infoLine()}\r\n-ERR 'Authorization Violation'\r\n`);
      else speaksNats()(link);
    });
    await start({ servers: fake.url, user: "me", pass: "old" });
    refusing = true;
    fake.last.socket.end("-ERR 'User Authentication Expired'\r\n");
    await until(() => recorder.of("reconnecting").some(([{ delay }]) => delay >= 600_000), "the wait");
    refusing = false;
    await nc.reconnect();
    await reconnects(1);
    expect(recorder.of("disconnect")[0][1]).toMatchObject({ cause: { kind: "authentication" } });
    await nc.close();
  });

  it("loses nothing and repeats nothing, under load; subscriptions go on [parity 78, 94]", async () => {
    // As it is by default: with a shorter one, what the server sends to one link later than to the other may come twice.
    await start({ moveSettle: undefined });
    const arrivals = new Arrivals();
    nc.subscribe("a", { callback: countInto(arrivals) });
    using steady = Load.numbers(nc, "a", 10_000);
    for (let i = 1; i <= 5; i++) {
      const { confirmed } = nc.stats();
      await until(() => nc.stats().confirmed > confirmed + 1_000, "messages between the moves");
      await nc.reconnect();
      await moves(i);
    }
    const count = steady.stop();
    await nc.flush();
    expect([arrivals.missing(count), arrivals.repeated, arrivals.late]).toEqual([[], [], 0]);
  });

  it("rejects during a drain", async () => {
    await start();
    const drained = nc.drain();
    expect((await rejection(nc.reconnect())).code).toBe("CONNECTION_DRAINING");
    await drained;
  });

  it("closes a connection that may not reconnect, as NatsConnection says", async () => {
    nc = await connect({ servers: one.url, reconnect: false });
    await nc.reconnect();
    await nc.closed();
    expect(nc.state).toBe("closed");
  });
});

describe("nc.setServers() [R4]", () => {
  it("with the current server takes effect with the next reconnect, and not before [parity 86, 92]", async () => {
    await start({ noRandomize: true });
    nc.setServers([two.url, one.url]);
    expect(nc.getServers().map((server) => server.listen)).toEqual([two.hostport, one.hostport]);
    await nc.flush();
    expect(nc.getServer()).toBe(one.hostport);
    await nc.reconnect();
    await moves(1);
    expect(nc.getServer()).toBe(two.hostport);
  });

  it("without the current server moves to one of the list [parity 86, 92]", async () => {
    await start();
    nc.setServers([two.url]);
    expect(nc.getServers().map((server) => server.listen)).toEqual([two.hostport]);
    await moves(1);
    expect(nc.getServer()).toBe(two.hostport);
    expect(recorder.of("move")[0]).toMatchObject([{ reason: "servers" }]);
    expect([recorder.count("disconnect"), recorder.count("reconnect")]).toEqual([0, 0]);
  });

  it("can be called again and again: the last list holds; what is known of servers in it stays [parity 92]", async () => {
    await start({ servers: [one.url, two.url], noRandomize: true });
    const dead = await deadUrl();
    nc.setServers([dead]);
    nc.setServers([dead, two.url]);
    nc.setServers([two.url, one.url]);
    expect(nc.getServers()).toMatchObject([
      { listen: two.hostport, didConnect: false, gossiped: false },
      { listen: one.hostport, didConnect: false, gossiped: false },
    ]);
    nc.setServers([one.url]);
    await nc.reconnect();
    await moves(1);
    expect(nc.getServers()).toMatchObject([{ listen: one.hostport, didConnect: true, reconnects: 0 }]);
    nc.setServers([two.url, one.url]);
    expect(nc.getServers()).toMatchObject([
      { listen: two.hostport, didConnect: false },
      { listen: one.hostport, didConnect: true },
    ]);
    await nc.reconnect();
    await moves(2);
    expect(nc.getServer()).toBe(two.hostport);
    expect(nc.getServers().every(({ didConnect }) => didConnect)).toBe(true);
  });

  it("replaces servers that are dead by one that lives, during an outage [parity 92]", async () => {
    await start({ servers: [one.url, await deadUrl()], reconnectTimeWait: 5, reconnectJitter: 0 });
    await one.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    nc.setServers([two.url]);
    await reconnects(1);
    expect(nc.getServer()).toBe(two.hostport);
  });

  it.each([
    [[]],
    [["http://localhost"]],
    [["nats://ok", "nats://:1"]],
    [["nats://ok", "ws://ok"]],
    ["nats://localhost"],
    [[5]],
    [undefined],
  ])("refuses a bad list and leaves the old one: %j [parity 87, 88, 92]", async (servers) => {
    await start();
    const error = thrown(() => nc.setServers(servers as string[]));
    expect(error.code).toBe("INVALID_OPTION");
    expect(nc.getServers().map((server) => server.listen)).toEqual([one.hostport]);
  });
});

describe("nc.getServers()", () => {
  it("tells what is known of each server; changing it changes nothing [parity 90, 91]", async () => {
    const dead = await deadUrl();
    await start({ servers: [dead, one.url], noRandomize: true });
    const servers = nc.getServers();
    const known = Object.fromEntries(servers.map((server) => [server.listen, server]));
    expect(known[one.hostport]).toMatchObject({
      didConnect: true,
      gossiped: false,
      reconnects: 0,
      port: one.port,
    });
    expect(known[dead.slice("nats://".length)]).toMatchObject({ didConnect: false, reconnects: 1 });
    (servers as unknown[]).length = 0;
    expect(nc.getServers()).toHaveLength(2);
  });
});

describe("a link that is lost", () => {
  it("is made anew at once even with a single server and a long wait", async () => {
    await using fake = await FakeServer.start(speaksNats());
    await start({ servers: fake.url });
    fake.last.socket.destroy();
    await reconnects(1);
    expect(recorder.of("reconnecting").map(([info]) => info.delay)).toEqual([0]);
    await nc.close();
  });

  it("is not dialled in a tight loop when the server keeps dropping it", async () => {
    await using fake = await FakeServer.start(speaksNats());
    await start({ servers: fake.url, reconnectTimeWait: 100, reconnectJitter: 0 });
    const since = performance.now();
    nc.on("reconnect", () => fake.last.socket.destroy());
    fake.last.socket.destroy();
    await reconnects(5);
    expect(performance.now() - since).toBeGreaterThan(300);
    await nc.close();
  });
});
