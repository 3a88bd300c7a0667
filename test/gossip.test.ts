import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, type ConnectionOptions, connect } from "../src/index.js";
import { NatsCluster } from "../src/testing/cluster.js";
import { NatsServer } from "../src/testing/server.js";
import { FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { inTurn } from "./support/in-turn.js";
import { Recorder } from "./support/recorder.js";
import { until } from "./support/until.js";

describe("what a cluster tells of its servers [F1]", () => {
  let cluster: NatsCluster;
  let nc: Connection;
  let recorder: Recorder;
  beforeEach(async () => {
    cluster = await NatsCluster.start();
  });
  afterEach(async () => {
    await nc.close();
    await cluster.close();
  });

  /** Resolves when it has been told of all three, unless it does not listen: a server may have its routes a moment earlier. */
  async function start(options: ConnectionOptions = {}): Promise<void> {
    nc = await connect({ servers: cluster.urls[0], reconnectTimeWait: 5, reconnectJitter: 0, ...options });
    if (options.ignoreClusterUpdates !== true) await until(() => known().size === 3, "the three servers");
    recorder = new Recorder(nc);
  }

  const known = () => new Map(nc.getServers().map((server) => [server.listen, server.gossiped]));

  it("is taken into the pool [parity 91]", async () => {
    await start();
    const [first, second, third] = cluster.servers.map((server) => server.hostport);
    expect(known()).toEqual(
      new Map([
        [first, false],
        [second, true],
        [third, true],
      ]),
    );
  });

  it("saves the connection when the only configured server dies", async () => {
    await start();
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
    await cluster.servers[0].kill();
    await until(() => recorder.count("reconnect") === 1, "the reconnect");
    expect([cluster.servers[1].hostport, cluster.servers[2].hostport]).toContain(nc.getServer());
    nc.publish("a", "hello");
    await nc.flush();
    expect(got).toEqual(["hello"]);
  });

  it("saves it again and again, with the credentials of the URL [parity 63]", async () => {
    await cluster.close();
    cluster = await NatsCluster.start({ user: "me", pass: "secret" });
    await start({ servers: cluster.urls[0].replace("nats://", "nats://me:secret@") });
    for (let i = 1; i <= 3; i++) {
      const at = cluster.servers.find((server) => server.hostport === nc.getServer());
      await at?.kill();
      await until(() => recorder.count("reconnect") === i, `reconnect ${i}`);
      await at?.restart();
      await cluster.settled();
    }
  });

  it("is told by the update event: who came and who went [parity 97, 98]", async () => {
    await start();
    const [, second, third] = cluster.servers;
    await third.kill();
    await until(() => recorder.count("update") === 1, "the update");
    expect(recorder.of("update")).toEqual([[{ added: [], deleted: [third.hostport] }]]);
    expect([...known().keys()].toSorted()).toEqual([cluster.servers[0].hostport, second.hostport].toSorted());
    await third.restart();
    await until(() => recorder.count("update") === 2, "the second update");
    expect(recorder.of("update")[1]).toEqual([{ added: [third.hostport], deleted: [] }]);
    expect(known().size).toBe(3);
  });

  it("is told as a status, too", async () => {
    await start();
    const statuses: unknown[] = [];
    const status = nc.status();
    (async () => {
      for await (const one of status) statuses.push(one);
    })();
    await cluster.servers[2].kill();
    await until(() => statuses.length === 1, "the status");
    expect(statuses).toEqual([{ type: "update", added: [], deleted: [cluster.servers[2].hostport] }]);
  });

  it("never removes a configured server [parity 98]", async () => {
    await start({ servers: cluster.urls.slice(0, 2), noRandomize: true });
    await cluster.servers[1].kill();
    await cluster.servers[2].kill();
    await until(() => known().size === 2, "the third is gone");
    expect([...known().entries()]).toContainEqual([cluster.servers[1].hostport, false]);
  });

  it("is ignored with ignoreClusterUpdates [parity 101]", async () => {
    await start({ ignoreClusterUpdates: true });
    await cluster.servers[2].restart();
    await cluster.settled();
    await nc.flush();
    expect([...known().keys()]).toEqual([cluster.servers[0].hostport]);
    expect(recorder.count("update")).toBe(0);
  });
});

describe("a server in lame duck mode [F3]", () => {
  it("is told by the lameDuck event and as a status, once [parity 103, 104]", async () => {
    await using server = await NatsServer.start({ config: 'lame_duck_duration: "30s"' });
    const nc = await connect({ servers: server.url, reconnectTimeWait: 5 });
    const recorder = new Recorder(nc);
    const statuses: unknown[] = [];
    (async () => {
      for await (const one of nc.status()) statuses.push(one);
    })();
    server.lameDuck();
    await until(() => recorder.count("lameDuck") > 0, "the event");
    await nc.flush();
    expect(recorder.of("lameDuck")).toEqual([[{ server: server.hostport }]]);
    expect(statuses).toContainEqual({ type: "ldm", server: server.hostport });
    await server.kill();
    await nc.close();
  });
});

describe("gossip that leads nowhere", () => {
  it("never hides the configured servers", async () => {
    const silent = Array.from({ length: 20 }, (_, i) => `127.0.0.1:${2 + i}`);
    await using first = await FakeServer.start(speaksNats({ connect_urls: silent }));
    await using good = await NatsServer.start();
    const options = { noRandomize: true, timeout: 1_000, reconnectTimeWait: 5, dialer: inTurn() };
    const nc = await connect({ servers: [first.url, good.url], ...options });
    expect(nc.getServers()).toHaveLength(22);
    first.last.socket.destroy();
    await until(() => nc.state === "connected" && nc.stats().reconnects === 1, "connected again");
    await nc.close();
  });

  it("without servers says nothing: those that are known stay [parity 99]", async () => {
    await using fake = await FakeServer.start(speaksNats({ connect_urls: ["127.0.0.1:2", "127.0.0.1:3"] }));
    const nc = await connect({ servers: fake.url });
    const recorder = new Recorder(nc);
    fake.last.send(infoLine({ connect_urls: [] }), infoLine());
    await until(() => recorder.count("serverInfo") === 2, "both");
    expect(nc.getServers()).toHaveLength(3);
    expect(recorder.count("update")).toBe(0);
    await nc.close();
  });
});
