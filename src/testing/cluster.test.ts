import { createServer } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { NatsCluster } from "./cluster.js";
import { freePort } from "./launcher/ports.js";
import { RawConnection } from "./launcher/raw-connection.js";
import type { NatsServer } from "./server.js";

const CONNECT = 'CONNECT {"verbose":false,"protocol":1}';

/** Publishes at one server until a subscriber at the other one has it: interest takes a moment to get there. */
async function crosses(from: NatsServer, to: NatsServer): Promise<void> {
  using subscriber = await RawConnection.open(to.host, to.port);
  using publisher = await RawConnection.open(from.host, from.port);
  subscriber.send(CONNECT, "SUB crossing 1", "PING");
  await subscriber.until(/PONG\r\n/);
  publisher.send(CONNECT);
  const arrived = subscriber.until(/MSG crossing 1 5\r\nhello\r\n/);
  const again = setInterval(() => publisher.send("PUB crossing 5", "hello"), 10);
  await arrived.finally(() => clearInterval(again));
}

describe("a cluster", () => {
  it("is one when it resolves: clients are told of all members, and messages cross", async () => {
    await using cluster = await NatsCluster.start();
    expect(cluster.servers.map((server) => server.name)).toEqual(["n1", "n2", "n3"]);
    expect(cluster.urls).toEqual(cluster.servers.map((server) => server.url));
    for (const server of cluster.servers) {
      using connection = await RawConnection.open(server.host, server.port);
      const announced = connection.info.connect_urls as string[];
      expect(announced.toSorted()).toEqual(cluster.servers.map((one) => one.hostport).toSorted());
    }
    await crosses(cluster.servers[0], cluster.servers[2]);
  });

  it("has the size, the name and the options that were asked for", async () => {
    await using cluster = await NatsCluster.start({ size: 2, name: "pair", maxPayload: 1_024, token: "t" });
    expect(cluster.servers).toHaveLength(2);
    using connection = await RawConnection.open(cluster.servers[1].host, cluster.servers[1].port);
    expect(connection.info).toMatchObject({ cluster: "pair", max_payload: 1_024, auth_required: true });
  });

  it("has a leader of JetStream when it resolves, and once more after all have died: a stream can be made at once", async () => {
    await using cluster = await NatsCluster.start({ jetstream: true });
    const create = async (server: NatsServer, name: string) => {
      using connection = await RawConnection.open(server.host, server.port);
      const stream = JSON.stringify({ name, subjects: [name], num_replicas: 3 });
      connection.send(
        CONNECT,
        "SUB inbox 1",
        `PUB $JS.API.STREAM.CREATE.${name} inbox ${stream.length}`,
        stream,
      );
      return (await connection.until(/MSG inbox 1 \d+\r\n(.*)\r\n/))[1];
    };
    for (const [index, server] of cluster.servers.entries()) {
      expect(await create(server, `s${index}`)).toContain("did_create");
    }
    await cluster.killAll();
    await cluster.servers[0].restart();
    await cluster.settled(); // a third has no leader of JetStream, and none is waited for
    await cluster.restartAll();
    await cluster.settled();
    expect(await create(cluster.servers[1], "again")).toContain("did_create");
  });

  it("settles without a member that is down or stopped, and with it again", async () => {
    await using cluster = await NatsCluster.start();
    const [first, second, third] = cluster.servers;
    await second.kill();
    third.stop();
    await cluster.settled();
    third.cont();
    await second.restart();
    await cluster.settled();
    await crosses(first, second);
    await crosses(second, third);
  });

  it("comes back from the death of all", async () => {
    await using cluster = await NatsCluster.start();
    const urls = cluster.urls;
    await cluster.killAll();
    expect(cluster.servers.map((server) => server.running)).toEqual([false, false, false]);
    await cluster.restartAll();
    await cluster.settled();
    expect(cluster.urls).toEqual(urls);
    await crosses(cluster.servers[2], cluster.servers[1]);
  });

  it("tries other ports when one that it chose is taken meanwhile", async () => {
    const taken = await freePort("127.0.0.1");
    const squatter = createServer((socket) => socket.destroy()).listen(taken, "127.0.0.1");
    await new Promise((resolve) => squatter.once("listening", resolve));
    const ports = await import("./launcher/ports.js");
    const chosen = vi.spyOn(ports, "freePort");
    try {
      chosen.mockResolvedValueOnce(taken); // for the routes of the first member
      await using cluster = await NatsCluster.start({ size: 2 });
      expect(cluster.servers.map((server) => server.clusterPort)).not.toContain(taken);
    } finally {
      chosen.mockRestore();
      await new Promise((resolve) => squatter.close(resolve));
    }
  });

  it("refuses a wrong option by name", async () => {
    const error = await NatsCluster.start({ sise: 2 } as object).catch((reason) => reason);
    expect(error).toMatchObject({ name: "NatsServerError", code: "INVALID_OPTION", option: "sise" });
  });

  it("leaves no member behind when one cannot start", async () => {
    await expect(NatsCluster.start({ config: "no_such_setting: 1" })).rejects.toThrow("no_such_setting");
  });

  it("is gone after close, which may be repeated", async () => {
    const cluster = await NatsCluster.start({ size: 2 });
    await cluster.close();
    await cluster.close();
    expect(cluster.servers.some((server) => server.running)).toBe(false);
  });
});
