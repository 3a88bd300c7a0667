import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { expect, it } from "vitest";
import type { NatsServer } from "../server.js";
import { RouteWatch } from "./route-watch.js";

interface MetaCluster {
  leader?: string;
  cluster_size?: number;
  replicas?: object[];
}

const NO_TAGS = "no suitable peers for placement, tags not matched";
const NO_PEER = "no suitable peers for placement, peer offline";

/**
 * A server's monitoring, that says of JetStream what it is told to, look by look; the last stays. Who wants a stream of it is refused
 * with one text after the other, or has no answer to an empty one; the last stays, too.
 */
async function monitored(name: string, others: string[], looks: MetaCluster[], refusals = [NO_TAGS]) {
  let asked = 0;
  const monitor = createServer((request, response) => {
    const pages: Record<string, () => object> = {
      "/varz": () => ({ cluster: { pool_size: 0 }, jetstream: { config: {} } }),
      "/routez": () => ({ server_id: name, routes: others.map((remote_id) => ({ remote_id })) }),
      "/jsz": () => ({ meta_cluster: looks[Math.min(asked++, looks.length - 1)] }),
    };
    response.end(JSON.stringify(pages[request.url ?? ""]?.()));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => monitor.once("listening", resolve));
  let wanted = 0;
  const clients = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.write(`INFO ${JSON.stringify({ server_id: name })}\r\n`);
    socket.on("data", (data) => {
      if (!data.includes("STREAM.CREATE")) return;
      const text = refusals[Math.min(wanted++, refusals.length - 1)];
      if (text !== "") socket.write(`MSG inbox 1 ${text.length}\r\n${text}\r\n`);
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => clients.once("listening", resolve));
  const [port, monitorPort] = [clients, monitor].map((one) => (one.address() as AddressInfo).port);
  return {
    server: { name, host: "127.0.0.1", port, monitorPort } as NatsServer,
    looks: () => asked,
    wanted: () => wanted,
    [Symbol.dispose]: () => {
      monitor.close();
      clients.close();
    },
  };
}

const heard = (name: string) => ({ name, current: true, offline: false });
const meta = (leader: string, replicas: object[] = []) => ({ leader, cluster_size: 3, replicas });

it.each<[string, object[]]>([
  ["that it does not list", [heard("n2")]],
  [
    "whose name it does not know yet",
    [heard("n2"), { name: "Server name unknown at this time (peerID: x)", current: false, offline: true }],
  ],
  ["that is not current", [heard("n2"), { name: "n3", offline: false }]],
  ["that is offline", [heard("n2"), { name: "n3", current: true, offline: true }]],
])("waits for a peer of the leader of JetStream %s", async (_, early) => {
  const late = meta("n1", [heard("n2"), heard("n3")]);
  using n1 = await monitored("n1", ["n2", "n3"], [meta("n1", early), late]);
  using n2 = await monitored("n2", ["n1", "n3"], [meta("n1")]);
  using n3 = await monitored("n3", ["n1", "n2"], [meta("n1")]);
  await new RouteWatch().settled(() => [n1.server, n2.server, n3.server], 5_000);
  expect(n1.looks()).toBe(2);
});

it("waits until all name the same leader of JetStream", async () => {
  using n1 = await monitored("n1", ["n2", "n3"], [meta("n3")]);
  using n2 = await monitored("n2", ["n1", "n3"], [meta("n1"), meta("n3")]);
  using n3 = await monitored("n3", ["n1", "n2"], [meta("n3", [heard("n1"), heard("n2")])]);
  await new RouteWatch().settled(() => [n1.server, n2.server, n3.server], 5_000);
  expect(n2.looks()).toBe(2);
});

it.each([
  ["says that a peer is offline, as long as that has not told what room it has", NO_PEER],
  ["does not answer, as in an election", ""],
])("waits while the leader of JetStream %s", async (_, early) => {
  const others = [heard("n2"), heard("n3")];
  using n1 = await monitored("n1", ["n2", "n3"], [meta("n1", others)], [early, NO_TAGS]);
  using n2 = await monitored("n2", ["n1", "n3"], [meta("n1")]);
  using n3 = await monitored("n3", ["n1", "n2"], [meta("n1")]);
  await new RouteWatch().settled(() => [n1.server, n2.server, n3.server], 5_000);
  expect([n1.wanted(), n2.wanted(), n3.wanted()]).toEqual([2, 0, 0]);
});

it("does not ask for room where a member is down: there is none on that one", async () => {
  using n1 = await monitored("n1", ["n2"], [meta("n1", [heard("n2")])], [NO_PEER]);
  using n2 = await monitored("n2", ["n1"], [meta("n1")]);
  await new RouteWatch().settled(() => [n1.server, n2.server], 5_000);
  expect(n1.wanted()).toBe(0);
});
