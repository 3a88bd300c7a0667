import type { Ended, Scenario } from "../scenario.js";
import { resolves } from "../stage/names.js";
import { info, type PeerLink } from "../stage/peer.js";
import type { Stage } from "../stage/stage.js";
import { until } from "../stage/until.js";
import { ofKind } from "./of-kind.js";

/** Longer than a load balancer bears here, and far from the client's own PINGs. */
const IDLE = 400;

async function throughProxy(stage: Stage) {
  const server = await stage.server();
  const proxy = await stage.proxy(server);
  const client = await stage.client({ servers: proxy.url });
  await client.works();
  return { server, proxy, client };
}

/** ms for which a process stands still while something happens to its link. */
const STALL = 2500;

/** An end that a stall of the client's process falls on, and has nothing to do with. */
async function resetInStall(stage: Stage): Promise<Ended> {
  const server = await stage.server();
  const proxy = await stage.proxy(server);
  const client = stage.distant({ options: { servers: proxy.url } });
  await client.ready();
  await client.block(STALL);
  proxy.reset();
  return client.told("disconnect");
}

/** A gateway that does not answer the upgrade to a websocket, but ends the connection. */
function noUpgrade(name: string, does: string, end: (link: PeerLink) => unknown): Omit<Scenario, "kind"> {
  return {
    name,
    does,
    codes: ["CONNECTION_LOST", "CONNECTION_REFUSED"],
    side: "network",
    async play(stage) {
      const gateway = await stage.peer((link) => link.once("\r\n\r\n", () => end(link)));
      const client = await stage.refused({ servers: `ws://${gateway.hostport}` });
      return client.told("attemptFailed");
    },
  };
}

/** The way to the server, and what stands in it. */
export const NETWORK = ofKind(
  "network",
  {
    name: "network-reset",
    does: "something in the way resets the idle link (RST to both sides)",
    codes: ["CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const { proxy, client } = await throughProxy(stage);
      proxy.reset();
      return client.told("disconnect");
    },
  },
  {
    name: "network-reset-busy",
    does: "the same while the client publishes as fast as it can",
    codes: ["CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const { proxy, client } = await throughProxy(stage);
      const payload = new Uint8Array(1000);
      const busy = setInterval(() => {
        for (let i = 0; i < 300 && client.nc.publish("busy", payload); i++);
      }, 1);
      try {
        await until(() => client.nc.stats().confirmed > 1000, "traffic");
        proxy.reset();
        return await client.told("disconnect");
      } finally {
        clearInterval(busy);
      }
    },
  },
  {
    name: "network-reset-tls",
    does: "something in the way resets an encrypted link",
    codes: ["CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const authority = await stage.authority();
      const server = await stage.server({ tls: { authority } });
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url, tls: { ca: authority.cert } });
      await client.works();
      proxy.reset();
      return client.told("disconnect");
    },
  },
  {
    name: "network-reset-websocket",
    does: "something in the way resets a websocket",
    codes: ["CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const server = await stage.server({ websocket: true });
      const proxy = await stage.proxy({ hostport: new URL(server.wsUrl!).host });
      const client = await stage.client({ servers: `ws://${proxy.hostport}` });
      await client.works();
      proxy.reset();
      return client.told("disconnect");
    },
  },
  {
    name: "network-reset-at-accept",
    does: "a firewall takes the connection and resets it at once",
    codes: ["CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const peer = await stage.peer(({ socket }) => socket.resetAndDestroy());
      const client = await stage.refused({ servers: peer.url });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-reset-after-info",
    does: "the link is reset between the server's INFO and its answer to CONNECT",
    codes: ["CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const peer = await stage.peer((link) => {
        link.send(info());
        link.once("CONNECT", () => link.socket.resetAndDestroy());
      });
      const client = await stage.refused({ servers: peer.url });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-reset-in-tls-handshake",
    does: "the link is reset when TLS is being set up: INFO has come, and the ClientHello is answered with RST",
    codes: ["CONNECTION_LOST", "TLS_FAILED"],
    side: "network",
    async play(stage) {
      const authority = await stage.authority();
      const peer = await stage.peer((link) => {
        link.send(info({ tls_required: true }));
        link.socket.once("data", () => link.socket.resetAndDestroy());
      });
      const client = await stage.refused({ servers: peer.url, tls: { ca: authority.cert } });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-idle-rst",
    does: "a load balancer resets a link that was idle for too long",
    codes: ["CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const server = await stage.server();
      const balancer = await stage.loadBalancer({ target: server.hostport, idle: IDLE, how: "rst" });
      const client = await stage.client({ servers: balancer.url });
      await client.works();
      return client.told("disconnect");
    },
  },
  {
    name: "network-idle-fin",
    does: "a load balancer ends a link in order that was idle for too long",
    codes: ["CONNECTION_LOST"],
    side: "network",
    also: {
      kind: "server-shutdown",
      why: "a FIN without a word is all that comes of either; whether the same server is still there shows only behind the next dial",
    },
    async play(stage) {
      const server = await stage.server();
      const balancer = await stage.loadBalancer({ target: server.hostport, idle: IDLE, how: "fin" });
      const client = await stage.client({ servers: balancer.url });
      await client.works();
      return client.told("disconnect");
    },
  },
  {
    name: "network-proxy-killed",
    does: "the process of a proxy is killed in the middle of a message, while 4 MB/s come in",
    codes: ["CONNECTION_LOST"],
    side: "network",
    also: {
      kind: "server-shutdown",
      why: "the FIN of a system that ends the links of a killed process: whether it was the proxy's or the server's, nobody sees at the other end",
    },
    process: true,
    async play(stage) {
      const server = await stage.server();
      const balancer = await stage.loadBalancer({ target: server.hostport, killedAfter: 10_500_000 });
      const client = stage.distant({ options: { servers: balancer.url } });
      await client.ready();
      const { nc } = await stage.client({ servers: server.url });
      const publishing = setInterval(() => nc.publish("a", new Uint8Array(900_000)), 225);
      try {
        return await client.told("disconnect");
      } finally {
        clearInterval(publishing);
      }
    },
  },
  {
    name: "network-no-backend",
    does: "a load balancer that has no server takes the connection, and ends it before any INFO",
    codes: ["CONNECTION_REFUSED", "CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const balancer = await stage.loadBalancer({ target: undefined });
      const client = await stage.refused({ servers: balancer.url });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-no-backend-late",
    does: "a load balancer looks 2.5 s for a server in vain, and ends the connection before any INFO",
    codes: ["CONNECTION_REFUSED", "CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const balancer = await stage.peer(({ socket }) => setTimeout(() => socket.end(), 2500));
      const client = await stage.refused({ servers: balancer.url });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-no-backend-tls",
    does: "a load balancer that has no server ends the connection of a client that begins with TLS (handshakeFirst)",
    codes: ["TLS_FAILED", "CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const balancer = await stage.loadBalancer({ target: undefined });
      const client = await stage.refused({ servers: balancer.url, tls: { handshakeFirst: true } });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-no-such-name",
    does: "the server's name does not resolve",
    codes: ["CONNECTION_REFUSED", "CONNECTION_LOST"],
    side: "network",
    async play(stage) {
      const client = await stage.refused({ servers: "no-such-host.invalid" });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-unreachable",
    does: "there is no way to the address (ENETUNREACH, of the broadcast address of loopback)",
    codes: ["CONNECTION_LOST", "CONNECTION_REFUSED"],
    side: "network",
    async play(stage) {
      const client = await stage.refused({ servers: "127.255.255.255:4222" });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-swallowed",
    does: "the address swallows SYNs, as behind a firewall that drops: the dial takes longer than the timeout",
    codes: ["TIMEOUT"],
    side: "network",
    async play(stage) {
      const backlog = await stage.fullBacklog();
      const client = await stage.refused({ servers: backlog.url, timeout: 400 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-swallowed-in-outage",
    does: "a link is reset, and from then on the address swallows SYNs: of the attempts",
    codes: ["TIMEOUT"],
    side: "network",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const backlog = await stage.fullBacklog();
      const dead = new URL(backlog.url).host;
      const servers = [proxy.hostport, dead];
      const client = await stage.client({ servers, noRandomize: true, timeout: 500 });
      proxy.down();
      proxy.reset();
      const swallowed = ({ cause }: Ended) => cause?.message.includes(dead) === true;
      return client.told("attemptFailed", swallowed);
    },
  },
  {
    name: "network-reset-in-stall",
    does: "something in the way resets the link while the event loop is kept busy for seconds, and nothing comes in",
    codes: ["CONNECTION_LOST"],
    side: "network",
    process: true,
    play: resetInStall,
  },
  {
    name: "network-no-backend-in-stall",
    does: "a load balancer that has no server ends the connection while the event loop is kept busy right behind connect()",
    codes: ["CONNECTION_REFUSED", "CONNECTION_LOST"],
    side: "network",
    process: true,
    async play(stage) {
      const balancer = await stage.loadBalancer({ target: undefined });
      const client = stage.distant({ options: { servers: balancer.url }, blockBehindConnect: STALL });
      return client.told("attemptFailed");
    },
  },
  noUpgrade(
    "network-upgrade-reset",
    "a firewall resets the connection on which a websocket is asked for",
    ({ socket }) => socket.resetAndDestroy(),
  ),
  noUpgrade(
    "network-upgrade-ended",
    "a gateway ends the connection on which a websocket is asked for",
    ({ socket }) => socket.end(),
  ),
  {
    name: "network-name-gone",
    does: "the link is reset, and its server's name resolves no more: of the attempts",
    codes: ["CONNECTION_REFUSED"],
    side: "network",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const name = resolves(stage, "gone.holdfast.invalid", "127.0.0.1");
      const client = await stage.client({ servers: `gone.holdfast.invalid:${new URL(proxy.url).port}` });
      await client.works();
      name.become(undefined);
      proxy.reset();
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-resolver-silent",
    does: "the resolver does not answer within the timeout",
    codes: ["TIMEOUT"],
    side: "network",
    async play(stage) {
      resolves(stage, "silent.holdfast.invalid", "never");
      const client = await stage.refused({ servers: "silent.holdfast.invalid:4222", timeout: 400 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-reset-behind-tls",
    does: "the link is reset when TLS stands, before the answer to CONNECT; the server wants no certificate",
    codes: ["CONNECTION_LOST", "TLS_FAILED"],
    side: "network",
    async play(stage) {
      const authority = await stage.authority();
      const server = await stage.server({ tls: { authority } });
      const proxy = await stage.proxy(server);
      // Right behind bytes, a reset over TLS is told as an end in order.
      const authenticator = () => {
        setTimeout(() => proxy.reset(), 50);
        return new Promise<never>(() => {});
      };
      const options = { servers: proxy.url, tls: { ca: authority.cert }, authenticator };
      const client = await stage.refused(options);
      return client.told("attemptFailed");
    },
  },
  {
    name: "network-damage-tls",
    does: "bytes of an encrypted link are changed on the way",
    codes: ["CONNECTION_LOST", "TLS_FAILED", "PROTOCOL_ERROR"],
    side: "network",
    async play(stage) {
      const authority = await stage.authority();
      const server = await stage.server({ tls: { authority } });
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url, tls: { ca: authority.cert } });
      client.nc.subscribe("a", { callback: () => {} });
      await client.works();
      // Within a record, which is larger: were its length changed, no more than silence would follow.
      proxy.addToxic({ type: "corrupt", stream: "downstream", every: 1000 });
      client.nc.publish("a", new Uint8Array(200_000));
      client.nc.flush().catch(() => {});
      return client.told("disconnect");
    },
  },
);
