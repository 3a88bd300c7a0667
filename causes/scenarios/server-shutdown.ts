import { connect } from "../../src/index.js";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";
import type { NatsServer } from "../../src/testing/server.js";
import type { Ended, Scenario } from "../scenario.js";
import type { Stage } from "../stage/stage.js";
import { until } from "../stage/until.js";
import { ofKind } from "./of-kind.js";

/** A server that ends like this, while the link is idle. */
function ends(
  name: string,
  does: string,
  end: (server: NatsServer) => unknown,
  side: Scenario["side"] = "server",
): Omit<Scenario, "kind"> {
  return {
    name,
    does,
    codes: ["CONNECTION_LOST"],
    side,
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client({ servers: server.url });
      await client.works();
      await end(server);
      return client.told("disconnect");
    },
  };
}

/** Messages of a flood, and bytes of each: more a second than a server holds back for a client that is slow. */
const FLOOD = { messages: 1000, size: 100_000 };

/**
 * A server that ends while it has more for a client than that can read at once, which reads all it can. Who publishes is another
 * process: in one alone nobody publishes while the client reads, and nothing is ever cut off.
 */
async function inFlood(stage: Stage, end: (server: NatsServer) => unknown): Promise<Ended> {
  const server = await stage.server();
  const client = stage.distant({ options: { servers: server.url } });
  await client.ready();
  const { nc } = await stage.client({ servers: server.url });
  const payload = new Uint8Array(FLOOD.size);
  let busy = true;
  const publish = async () => {
    while (busy) {
      if (nc.publish("flood", payload) === false) await nc.writable();
    }
  };
  const publishing = publish().catch(() => {});
  try {
    await until(() => nc.stats().confirmed > FLOOD.messages, "a flood");
    await end(server);
    return await client.told("disconnect");
  } finally {
    busy = false;
    await nc.close();
    await publishing;
  }
}

/** Bytes a second that a way carries which is slower than what is published. */
const SLOW = 6_000_000;

/** A server that is killed behind a way that is slow, while it has more for a client than that carries. */
async function behindSlowWay(stage: Stage): Promise<Ended> {
  const server = await stage.server();
  const proxy = await stage.proxy(server);
  proxy.addToxic({ type: "bandwidth", stream: "downstream", rate: SLOW });
  const client = stage.distant({ options: { servers: proxy.url } });
  await client.ready();
  const { nc } = await stage.client({ servers: server.url });
  const payload = new Uint8Array(MODERATE.size);
  const publishing = setInterval(() => void (nc.state === "connected" && nc.publish("flood", payload)), 120);
  try {
    await until(() => nc.stats().confirmed > MODERATE.messages, "traffic");
    await server.kill();
    return await client.told("disconnect");
  } finally {
    clearInterval(publishing);
  }
}

/** Messages of which a server is in the middle as a rule, and how many come before it is killed. */
const MODERATE = { messages: 15, size: 900_000 };

/** Bytes a second that a busy process takes without trouble, in messages of this size, and for how long; ms. */
const STEADY = { size: 10_000, every: 5, lasting: 3000 };

/** A server that is killed while a client's process has hardly a moment left for what comes in, and takes all of it. */
async function whileBusy(stage: Stage): Promise<Ended> {
  const server = await stage.server();
  const client = stage.distant({ options: { servers: server.url }, busy: true });
  await client.ready();
  const { nc } = await stage.client({ servers: server.url });
  const payload = new Uint8Array(STEADY.size);
  const publishing = setInterval(() => {
    if (nc.state === "connected") nc.publish("steady", payload);
  }, STEADY.every);
  try {
    const since = performance.now();
    await until(() => performance.now() - since > STEADY.lasting, "a while of traffic");
    await server.kill();
    return await client.told("disconnect");
  } finally {
    clearInterval(publishing);
  }
}

/** Less than a server bears to hold back for a client, and more than the buffers between the two take. */
const HELD_BACK = { messages: 200, size: 100_000 };
/** ms for which an answer has to wait behind it to look as if the client were slow. */
const LONG = 1200;

/** A server that is started anew while the way to a client stands still, which has much for it; what is known when it is back. */
async function behindFrozenWay(stage: Stage): Promise<Ended> {
  const server = await stage.server();
  const proxy = await stage.proxy(server);
  const client = await stage.client({ servers: proxy.url });
  client.nc.subscribe("flood", { callback: () => {} });
  await client.nc.flush();
  const freeze = proxy.addToxic({ type: "freeze", stream: "downstream" });
  const { nc } = await stage.client({ servers: server.url });
  const payload = new Uint8Array(HELD_BACK.size);
  for (let i = 0; i < HELD_BACK.messages; i++) nc.publish("flood", payload);
  await nc.flush();
  client.nc.rtt().catch(() => {});
  const since = performance.now();
  await until(() => performance.now() - since > LONG, "an answer that has waited for long");
  await server.restart();
  freeze.remove();
  return client.outage();
}

/** ms for which a process stands still while its server goes. */
const STALL = 2500;

/** Accounts of which one may kick clients. */
const WITH_SYSTEM = `accounts {
  SYS { users: [{ user: sys, password: pw }] }
  APP { users: [{ user: app, password: pw }] }
}
system_account: SYS`;

/** A user who may not do everything. */
const DENYING = `authorization { users: [
  { user: app, password: pw, permissions: { publish: { deny: forbidden }, subscribe: { deny: forbidden } } }
] }`;

/** The server's process ends, or sends us away. */
export const SERVER_SHUTDOWN = ofKind(
  "server-shutdown",
  ends("shutdown-sigkill", "the server is killed (SIGKILL), as by the OOM killer", (server) => server.kill()),
  ends("shutdown-sigterm", "the server is stopped (SIGTERM)", (server) => server.term(), "operator"),
  ends(
    "shutdown-sigint",
    "the server is stopped with Ctrl-C (SIGINT)",
    (server) => process.kill(server.pid!, "SIGINT"),
    "operator",
  ),
  ends("shutdown-restart", "the server is killed and comes back at once", (server) => server.restart()),
  {
    name: "shutdown-tls",
    does: "the server of an encrypted link is stopped (SIGTERM)",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const authority = await stage.authority();
      const server = await stage.server({ tls: { authority } });
      const client = await stage.client({ servers: server.url, tls: { ca: authority.cert } });
      await client.works();
      await server.term();
      return client.told("disconnect");
    },
  },
  {
    name: "shutdown-websocket",
    does: "the server of a websocket is stopped (SIGTERM)",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ websocket: true });
      const client = await stage.client({ servers: server.wsUrl! });
      await client.works();
      await server.term();
      return client.told("disconnect");
    },
  },
  {
    name: "shutdown-cluster",
    does: "one of two servers of a cluster is killed",
    codes: ["CONNECTION_LOST"],
    side: "server",
    async play(stage) {
      const one = await stage.server({ cluster: { name: "c" } });
      const routes = [`nats://127.0.0.1:${one.clusterPort}`];
      const two = await stage.server({ cluster: { name: "c", routes } });
      const client = await stage.client({ servers: [one.url, two.url], noRandomize: true });
      await client.works();
      await one.kill();
      return client.told("disconnect");
    },
  },
  {
    name: "shutdown-no-reconnect",
    does: "the server is killed, and option reconnect is false: of the close",
    codes: ["CONNECTION_LOST"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      const once = { reconnect: false, reconnectTimeWait: undefined };
      const none = { reconnectJitter: undefined, reconnectJitterTLS: undefined };
      const client = await stage.client({ servers: server.url, ...once, ...none });
      await client.works();
      await server.kill();
      return client.told("close");
    },
  },
  {
    name: "shutdown-kicked",
    does: "an operator kicks the client, by a request to the system account",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ config: WITH_SYSTEM });
      const client = await stage.client({ servers: server.url, user: "app", pass: "pw" });
      await client.works();
      const { server_id: id, client_id: cid } = client.nc.info!;
      const system = await connect({ servers: server.url, user: "sys", pass: "pw", closeTimeout: 100 });
      stage.defer(() => system.close());
      await system.request(`$SYS.REQ.SERVER.${id}.KICK`, JSON.stringify({ cid }), { timeout: 5000 });
      return client.told("disconnect");
    },
  },
  {
    name: "shutdown-denied-before",
    does: "the server is killed after it has denied a publish and a subscription, which ends no link",
    codes: ["CONNECTION_LOST"],
    side: "server",
    async play(stage) {
      const server = await stage.server({ config: DENYING });
      const client = await stage.client({ servers: server.url, user: "app", pass: "pw" });
      client.nc.publish("forbidden");
      client.nc.subscribe("forbidden", { callback: () => {} });
      await client.nc.flush();
      await server.kill();
      return client.told("disconnect");
    },
  },
  {
    name: "shutdown-many-subscriptions",
    does: "the server is killed after it has refused a subscription for its max_subscriptions, which ends no link",
    codes: ["CONNECTION_LOST"],
    side: "server",
    async play(stage) {
      const server = await stage.server({ config: "max_subscriptions: 2" });
      const client = await stage.client({ servers: server.url });
      for (const subject of ["a", "b", "c"]) client.nc.subscribe(subject, { callback: () => {} });
      await client.works();
      await server.kill();
      return client.told("disconnect");
    },
  },
  {
    name: "shutdown-leafnode",
    does: "a leaf node is stopped, and its hub runs on",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    async play(stage) {
      const port = await freePort("127.0.0.1");
      stage.defer(() => releasePort(port));
      await stage.server({ config: `leafnodes { host: "127.0.0.1", port: ${port} }` });
      const leaf = await stage.server({
        config: `leafnodes { remotes: [{ url: "nats://127.0.0.1:${port}" }] }`,
      });
      const client = await stage.client({ servers: leaf.url });
      await client.works();
      await leaf.term();
      return client.told("disconnect");
    },
  },
  {
    name: "shutdown-while-stopped",
    does: "the client's process is stopped (SIGSTOP, as a container that is paused), and the server is killed meanwhile",
    codes: ["CONNECTION_LOST"],
    side: "server",
    process: true,
    async play(stage) {
      const server = await stage.server();
      const client = stage.distant({ options: { servers: server.url } });
      await client.ready();
      client.pause();
      await server.kill();
      const since = performance.now();
      await until(() => performance.now() - since > STALL, "the end of the pause");
      client.resume();
      return client.told("disconnect");
    },
  },
  {
    name: "shutdown-in-handshake",
    does: "the server is killed while the client's authenticator fetches credentials",
    codes: ["CONNECTION_REFUSED", "CONNECTION_LOST"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      const authenticator = async () => {
        await server.kill();
        return new Promise<never>(() => {});
      };
      const client = await stage.refused({ servers: server.url, authenticator });
      return client.told("attemptFailed");
    },
  },
  {
    name: "shutdown-restart-unread",
    does: "the server is killed with bytes it has not read (RST), and comes back: of the outage, in nc.diagnose()",
    codes: ["CONNECTION_LOST"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client({ servers: server.url });
      await client.works();
      server.stop();
      client.nc.publish("a", new Uint8Array(100_000));
      await until(() => client.nc.stats().outMsgs >= 2, "a message on its way");
      await server.restart();
      return client.outage();
    },
  },
  {
    name: "shutdown-sigterm-flood",
    does: "the server is stopped (SIGTERM) while a subscription takes all that comes, which is much",
    codes: ["CONNECTION_LOST"],
    side: "operator",
    process: true,
    play: (stage) => inFlood(stage, (server) => server.term()),
  },
  {
    name: "shutdown-sigkill-flood",
    does: "the server is killed (SIGKILL) while a subscription takes all that comes, which is much",
    codes: ["CONNECTION_LOST"],
    side: "server",
    process: true,
    play: (stage) => inFlood(stage, (server) => server.kill()),
  },
  {
    name: "shutdown-sigkill-slow-way",
    does: "the server is killed while it has more for a subscription than a way of 6 MB/s carries",
    codes: ["CONNECTION_LOST"],
    side: "server",
    process: true,
    play: behindSlowWay,
  },
  {
    name: "shutdown-sigkill-busy-process",
    does: "the server is killed while the client's process has no time left, and yet takes all of the 2 MB/s that come",
    codes: ["CONNECTION_LOST"],
    side: "server",
    process: true,
    play: whileBusy,
  },
  {
    name: "shutdown-sigkill-in-stall",
    does: "the server is killed while the event loop is kept busy for seconds, and nothing comes in",
    codes: ["CONNECTION_LOST"],
    side: "server",
    process: true,
    async play(stage) {
      const server = await stage.server();
      const client = stage.distant({ options: { servers: server.url } });
      await client.ready();
      await client.block(STALL);
      await server.kill();
      return client.told("disconnect");
    },
  },
  {
    name: "shutdown-restart-frozen-way",
    does: "the server is killed and comes back while the way takes nothing of the 20 MB that it has: of the outage, in nc.diagnose()",
    codes: ["CONNECTION_LOST"],
    side: "server",
    play: behindFrozenWay,
  },
  {
    name: "shutdown-sigkill-busy",
    does: "the server is killed while it has not read all that was written to it",
    codes: ["CONNECTION_LOST"],
    side: "server",
    also: {
      kind: "network",
      why: "a system resets the links of a process that ends with bytes it has not read: the same RST as that of a firewall",
    },
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client({ servers: server.url });
      await client.works();
      // Stopped, it reads nothing: what is written next lies there unread when it is killed.
      server.stop();
      client.nc.publish("a", new Uint8Array(100_000));
      await until(() => client.nc.stats().outMsgs >= 2, "a message on its way");
      await server.kill();
      return client.told("disconnect");
    },
  },
);
