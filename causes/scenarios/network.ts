import type { Ended } from "../scenario.js";
import { info } from "../stage/peer.js";
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
