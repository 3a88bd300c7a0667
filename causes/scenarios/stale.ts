import { info } from "../stage/peer.js";
import { ofKind } from "./of-kind.js";

const QUICK_PINGS = { pingInterval: 60, maxPingOut: 1 };

/** No sign of life in time. */
export const STALE = ofKind(
  "stale",
  {
    name: "stale-frozen-busy",
    does: "the server freezes (SIGSTOP) while bytes are on their way to it",
    codes: ["STALE_CONNECTION"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client({ servers: server.url, stallTimeout: 200 });
      await client.works();
      server.stop();
      client.nc.publish("a");
      return client.told("disconnect");
    },
  },
  {
    name: "stale-frozen-idle",
    does: "the server freezes (SIGSTOP) while nothing is being sent: PINGs stay without an answer",
    codes: ["STALE_CONNECTION"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client({ servers: server.url, ...QUICK_PINGS });
      await client.works();
      server.stop();
      return client.told("disconnect");
    },
  },
  {
    name: "stale-half-open",
    does: "the way goes silent in both directions, and the sockets stay open",
    codes: ["STALE_CONNECTION"],
    side: "network",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url, ...QUICK_PINGS });
      await client.works();
      proxy.addToxic({ type: "half_open" });
      return client.told("disconnect");
    },
  },
  {
    name: "stale-half-open-tls",
    does: "the same over TLS",
    codes: ["STALE_CONNECTION"],
    side: "network",
    async play(stage) {
      const authority = await stage.authority();
      const server = await stage.server({ tls: { authority } });
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url, tls: { ca: authority.cert }, ...QUICK_PINGS });
      await client.works();
      proxy.addToxic({ type: "half_open" });
      return client.told("disconnect");
    },
  },
  {
    name: "stale-frozen-websocket",
    does: "the server of a websocket freezes (SIGSTOP)",
    codes: ["STALE_CONNECTION"],
    side: "server",
    async play(stage) {
      const server = await stage.server({ websocket: true });
      const client = await stage.client({ servers: server.wsUrl!, ...QUICK_PINGS });
      await client.works();
      server.stop();
      return client.told("disconnect");
    },
  },
  {
    name: "stale-blackhole-back",
    does: "what the server sends gets lost, what the client sends arrives",
    codes: ["STALE_CONNECTION"],
    side: "network",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url, stallTimeout: 200 });
      await client.works();
      proxy.addToxic({ type: "blackhole", stream: "downstream" });
      client.nc.publish("a");
      return client.told("disconnect");
    },
  },
  {
    name: "stale-not-taken",
    does: "the way takes no bytes any more, until the buffers of the system are full",
    codes: ["STALE_CONNECTION"],
    side: "network",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url, stallTimeout: 300, maxPending: 256 << 20 });
      await client.works();
      proxy.addToxic({ type: "freeze" });
      for (let i = 0; i < 100; i++) client.nc.publish("a", new Uint8Array(100_000));
      return client.told("disconnect");
    },
  },
  {
    name: "stale-said-by-server",
    does: "the client's PONGs get lost: the server says 'Stale Connection'",
    codes: ["STALE_CONNECTION"],
    side: "network",
    async play(stage) {
      const server = await stage.server({ config: 'ping_interval: "500ms"\nping_max: 1' });
      const proxy = await stage.proxy(server);
      proxy.addToxic({ type: "drop_line", verb: "PONG", stream: "upstream" });
      const client = await stage.client({ servers: proxy.url });
      return client.told("disconnect");
    },
  },
  {
    name: "stale-attempt-silent",
    does: "a frozen server: its system takes the connection, and no INFO comes",
    codes: ["TIMEOUT"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      server.stop();
      const client = await stage.refused({ servers: server.url, timeout: 300 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "stale-attempt-no-answer",
    does: "a server that greets, and does not answer CONNECT",
    codes: ["TIMEOUT"],
    side: "server",
    async play(stage) {
      const peer = await stage.peer((link) => link.send(info()));
      const client = await stage.refused({ servers: peer.url, timeout: 300 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "stale-connect-lost",
    does: "CONNECT gets lost on the way: the server says 'Authentication Timeout'",
    codes: ["STALE_CONNECTION"],
    side: "network",
    async play(stage) {
      const server = await stage.server({ config: "authorization { user: me, password: pw, timeout: 0.5 }" });
      const proxy = await stage.proxy(server);
      proxy.addToxic({ type: "drop_line", verb: "CONNECT", stream: "upstream" });
      proxy.addToxic({ type: "drop_line", verb: "PING", stream: "upstream" });
      const client = await stage.refused({ servers: proxy.url, user: "me", pass: "pw" });
      return client.told("attemptFailed");
    },
  },
);
