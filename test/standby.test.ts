import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, type ConnectionOptions, connect, type SpareInfo } from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import { FaultProxy } from "../src/testing/fault-proxy.js";
import { NatsServer } from "../src/testing/server.js";
import { type FakeLink, FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

/** A connection with a standby, and what it tells of that. */
class Guarded implements AsyncDisposable {
  readonly nc: Connection;
  readonly told: SpareInfo[] = [];

  private constructor(nc: Connection) {
    this.nc = nc;
    nc.on("standby", (info) => void this.told.push(info));
  }

  /** At the first of the servers: told of all at once, it would be at another one where that takes longer to answer than it has a head start. */
  static async start(servers: string[], options: ConnectionOptions = {}): Promise<Guarded> {
    const nc = await connect({ servers: servers[0], noRandomize: true, standby: true, ...options });
    nc.setServers(servers);
    return new Guarded(nc);
  }

  /** Resolves when a standby is ready for the `count`-th time. */
  ready(count = 1): Promise<void> {
    const isReady = () => this.told.filter((info) => info.ready).length === count;
    return until(isReady, () => `standby ${count}: ${JSON.stringify(this.told)}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.nc.close();
  }
}

/** Client connections of a real server. */
async function clients(server: NatsServer): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${server.monitorPort}/connz`);
  return ((await answer.json()) as { num_connections: number }).num_connections;
}

/** A standby is looked for after the shortest wait that there may be: 1 s. */
beforeAll(() => {
  const { random } = Math;
  vi.spyOn(Math, "random").mockImplementation(() => random() * 0.05);
});
afterAll(() => void vi.restoreAllMocks());

describe("option standby, with a cluster [F3]", () => {
  let cluster: NatsCluster;
  beforeAll(async () => {
    cluster = await NatsCluster.start();
  });
  afterAll(() => cluster.close());
  beforeEach(async () => {
    for (const server of cluster.servers) if (!server.running) await server.restart();
    await cluster.settled();
  });

  const serverAt = (hostport: string) => cluster.servers.find((server) => server.hostport === hostport)!;

  it("keeps a second link at another server; when the first is killed that takes over without a dial", async () => {
    await using guarded = await Guarded.start(cluster.urls);
    const { nc, told } = guarded;
    await guarded.ready();
    const [{ server: second }] = told;
    expect(second).not.toBe(nc.getServer());
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    while ((await clients(serverAt(second))) !== 1);
    const recorder = new Recorder(nc, ["reconnecting", "attemptFailed", "disconnect", "reconnect", "error"]);
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => void got.push(msg.string()) });
    await nc.flush();
    nc.publish("a", "before");
    await nc.flush();
    await serverAt(nc.getServer()).kill();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    nc.publish("a", "after");
    await until(() => got.length === 2, "the message");
    expect([nc.getServer(), recorder.names()]).toEqual([second, ["disconnect", "reconnect"]]);
    expect(recorder.of("reconnect")[0][0]).toMatchObject({ attempts: 0, server: second });
  });

  it("leaves no socket behind, neither after close() nor after drain()", async () => {
    const both = [await Guarded.start(cluster.urls), await Guarded.start(cluster.urls)];
    await Promise.all(both.map((guarded) => guarded.ready()));
    await Promise.all([both[0].nc.close(), both[1].nc.drain()]);
    for (const server of cluster.servers) while ((await clients(server)) > 0);
    expect(both.map(({ told }) => told.length)).toEqual([1, 1]);
  });

  it("is what a lame duck is left for, without a gap", async () => {
    await using guarded = await Guarded.start(cluster.urls, { lameDuckJitter: 0 });
    const { nc, told } = guarded;
    await guarded.ready();
    let to = "";
    nc.once("move", (info) => {
      to = `${info.reason} ${info.to}`;
    });
    const [{ server: second }] = told;
    const left = serverAt(nc.getServer());
    left.lameDuck();
    await until(() => to !== "", "the move");
    expect(to).toBe(`lame-duck ${second}`);
    await left.kill();
  });
});

describe.concurrent("option standby, with servers of all kinds", () => {
  it.each<[string, (link: FakeLink) => void, RegExp]>([
    ["is gone", (link) => void link.socket.destroy(), /./],
    ["becomes a lame duck", (link) => link.send(infoLine({ server_id: "TWO", ldm: true })), /lame duck/],
  ])("whose server %s comes back elsewhere; the connection hears of no outage", async (_, end, why) => {
    await using one = await FakeServer.start(speaksNats({ server_id: "ONE" }));
    await using two = await FakeServer.start(speaksNats({ server_id: "TWO" }));
    await using three = await FakeServer.start(speaksNats({ server_id: "THREE" }));
    await using guarded = await Guarded.start([one.url, two.url, three.url]);
    const { nc, told } = guarded;
    const recorder = new Recorder(nc);
    await guarded.ready();
    end(two.links[0]);
    await guarded.ready(2);
    expect(told.map(({ server, ready }) => [server, ready])).toEqual([
      [two.hostport, true],
      [two.hostport, false],
      [three.hostport, true],
    ]);
    expect(told[1].error?.message).toMatch(why);
    expect(recorder.events).toEqual([]);
  });

  it("makes none where there is a single server, under however many names", async () => {
    await using one = await NatsServer.start({ monitor: true });
    await using proxy = await FaultProxy.start({ target: one.hostport });
    await using guarded = await Guarded.start([one.url, proxy.url]);
    const { told } = guarded;
    // The second name is found to be the same server, once.
    await until(() => proxy.stats().links === 1 && proxy.stats().open === 0, "the look at it");
    // The server may not know yet that we have left.
    while ((await clients(one)) > 1);
    expect(told).toEqual([]);
  });

  it("that is refused for want of room is told once, and nothing comes of it but the next try", async () => {
    await using one = await NatsServer.start();
    await using full = await NatsServer.start({ config: "max_connections: 1" });
    // The server may not know yet that the launcher, which has looked whether it is ready, has left.
    const other = await connect({
      servers: full.url,
      waitOnFirstConnect: true,
      reconnectTimeWait: 5,
      reconnectJitter: 0,
    });
    await using guarded = await Guarded.start([one.url, full.url]);
    const { nc, told } = guarded;
    await until(() => told.length > 0, "the refusal");
    expect(told).toMatchObject([{ ready: false, error: { code: "MAX_CONNECTIONS_EXCEEDED" } }]);
    await other.close();
    await guarded.ready();
    expect(nc.getServer()).toBe(one.hostport);
  });

  it("whose credentials expire comes back with new ones", async () => {
    await using one = await NatsServer.start();
    await using two = await FakeServer.start(speaksNats());
    let asked = 0;
    await using guarded = await Guarded.start([one.url, two.url], {
      authenticator: () => ({ user: `u${asked++}`, pass: "p" }),
    });
    const { told } = guarded;
    await guarded.ready();
    two.links[0].send("-ERR 'User Authentication Expired'");
    two.links[0].socket.end();
    await guarded.ready(2);
    expect(told[1].error).toMatchObject({ code: "AUTHENTICATION_EXPIRED" });
    expect(two.links.map(({ received }) => /"user":"(u\d)"/.exec(received)?.[1])).toEqual(["u1", "u2"]);
  });

  it("that is half-open when it is needed costs no more than a head start", async () => {
    await using one = await FakeServer.start(speaksNats());
    await using two = await FakeServer.start((link) => {
      link.send(infoLine({ server_id: "TWO" }));
      // It takes our CONNECT, and nothing after that.
      link.socket.once("data", () => link.send("PONG"));
    });
    await using three = await NatsServer.start();
    // An attempt's deadline is further away than the test is long.
    await using guarded = await Guarded.start([one.url, two.url], { timeout: 60_000 });
    const { nc } = guarded;
    await guarded.ready();
    nc.setServers([one.url, two.url, three.url]);
    const recorder = new Recorder(nc, ["reconnect"]);
    one.links[0].socket.destroy();
    await one[Symbol.asyncDispose]();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect(nc.getServer()).toBe(three.hostport);
  });

  it("ends when setServers() drops its server", async () => {
    await using one = await NatsServer.start();
    await using two = await NatsServer.start({ monitor: true });
    await using guarded = await Guarded.start([one.url, two.url]);
    const { nc, told } = guarded;
    await guarded.ready();
    nc.setServers([one.url]);
    await until(() => told.length === 2, "the end");
    expect(told[1]).toMatchObject({ server: two.hostport, ready: false, error: undefined });
    while ((await clients(two)) > 0);
  });
});
