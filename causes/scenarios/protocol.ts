import { createServer } from "node:http";
import { freePort, releasePort } from "../../src/testing/launcher/ports.js";
import type { Scenario } from "../scenario.js";
import { info, type PeerLink } from "../stage/peer.js";
import { ofKind } from "./of-kind.js";

/** Somebody else listens at the port. */
function greets(name: string, does: string, behave: (link: PeerLink) => void): Omit<Scenario, "kind"> {
  return {
    name,
    does,
    codes: ["PROTOCOL_ERROR"],
    side: "operator",
    async play(stage) {
      const peer = await stage.peer(behave);
      const client = await stage.refused({ servers: peer.url });
      return client.told("attemptFailed");
    },
  };
}

/** A line gets into a link that stands, as damage on the way does it. */
function injected(
  name: string,
  does: string,
  stream: "upstream" | "downstream",
  line: string,
  codes: Scenario["codes"] = ["PROTOCOL_ERROR"],
): Omit<Scenario, "kind"> {
  return {
    name,
    does,
    codes,
    side: "network",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url });
      await client.works();
      proxy.addToxic({ type: "inject", stream, line, count: 1 });
      client.nc.publish("a");
      client.nc.flush().catch(() => {});
      return client.told("disconnect");
    },
  };
}

/** Gateways that answer the upgrade to a websocket with a page. */
const GATEWAYS = (
  [
    ["protocol-gateway-login", "302 and a page for the login", "302 Found\r\nLocation: /login"],
    ["protocol-gateway-page", "200 and a page", "200 OK\r\nContent-Type: text/html"],
  ] as const
).map(
  ([name, what, head]): Omit<Scenario, "kind"> => ({
    name,
    does: `a gateway before the websocket answers ${what}`,
    codes: ["PROTOCOL_ERROR"],
    side: "operator",
    async play(stage) {
      const answer = `HTTP/1.1 ${head}\r\nContent-Length: 0\r\n\r\n`;
      const peer = await stage.peer((link) => link.once("\r\n\r\n", () => link.socket.end(answer)));
      const client = await stage.refused({ servers: `ws://${peer.hostport}` });
      return client.told("attemptFailed");
    },
  }),
);

/** One side does not understand the other. */
export const PROTOCOL = ofKind(
  "protocol",
  greets("protocol-ssh", "an SSH server listens at the port", (link) =>
    link.send("SSH-2.0-OpenSSH_9.6", "SSH-2.0-OpenSSH_9.6"),
  ),
  greets("protocol-http-error", "an HTTP server at the port answers what it has not understood", (link) =>
    link.send("HTTP/1.1 400 Bad Request", "Connection: close", ""),
  ),
  greets("protocol-binary", "a server at the port sends bytes that are no text", (link) =>
    link.socket.write(Buffer.alloc(4096, "\x00\xff\r\n", "latin1")),
  ),
  greets("protocol-info-broken", "a server begins with an INFO that is no JSON", (link) =>
    link.send("INFO {server_id: none}"),
  ),
  {
    name: "protocol-http-silent",
    does: "an HTTP server listens at the port (the server's monitoring port), and waits for a request",
    codes: ["TIMEOUT", "PROTOCOL_ERROR"],
    side: "operator",
    also: {
      kind: "stale",
      why: "who waits for a request is as silent as a server that is frozen",
    },
    async play(stage) {
      const http = createServer((_, response) => response.end());
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
      stage.defer(() => {
        http.closeAllConnections();
        http.close();
      });
      const { port } = http.address() as { port: number };
      const client = await stage.refused({ servers: `127.0.0.1:${port}`, timeout: 400 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "protocol-websocket-at-nats-port",
    does: "a ws:// URL leads to the port for plain clients",
    codes: ["PROTOCOL_ERROR"],
    side: "operator",
    async play(stage) {
      const server = await stage.server();
      const client = await stage.refused({ servers: `ws://${server.hostport}` });
      return client.told("attemptFailed");
    },
  },
  {
    name: "protocol-route-port",
    does: "the URL leads to the port for routes between servers",
    codes: ["PROTOCOL_ERROR"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ cluster: { name: "c" } });
      const client = await stage.refused({ servers: `127.0.0.1:${server.clusterPort}`, timeout: 2000 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "protocol-leafnode-port",
    does: "the URL leads to the port for leaf nodes",
    codes: ["PROTOCOL_ERROR"],
    side: "operator",
    async play(stage) {
      const port = await freePort("127.0.0.1");
      stage.defer(() => releasePort(port));
      await stage.server({ config: `leafnodes { host: "127.0.0.1", port: ${port} }` });
      const client = await stage.refused({ servers: `127.0.0.1:${port}`, timeout: 2000 });
      return client.told("attemptFailed");
    },
  },
  injected(
    "protocol-damage-down",
    "a line that is no NATS gets into what the server sends",
    "downstream",
    "what is this?",
  ),
  injected(
    "protocol-damage-up",
    "a line that is no NATS gets into what the client sends: 'Unknown Protocol Operation'",
    "upstream",
    "what is this?",
  ),
  {
    name: "protocol-damage-bytes",
    does: "bytes of what a busy client sends are changed on the way",
    codes: ["PROTOCOL_ERROR"],
    side: "network",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url });
      await client.works();
      proxy.addToxic({ type: "corrupt", stream: "upstream", every: 30 });
      for (let i = 0; i < 100; i++) client.nc.publish("a");
      client.nc.flush().catch(() => {});
      return client.told("disconnect");
    },
  },
  {
    name: "protocol-control-line",
    does: "the client publishes to a subject longer than the server's max_control_line",
    codes: ["MAX_CONTROL_LINE_EXCEEDED"],
    side: "client",
    async play(stage) {
      const server = await stage.server({ config: "max_control_line: 512" });
      const client = await stage.client({ servers: server.url });
      await client.works();
      client.nc.publish("s".repeat(1000));
      return client.told("disconnect");
    },
  },
  {
    name: "protocol-control-line-connect",
    does: "CONNECT itself is longer than the server's max_control_line, as with a large JWT",
    codes: ["MAX_CONTROL_LINE_EXCEEDED"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ config: "max_control_line: 512" });
      const client = await stage.refused({ servers: server.url, token: "t".repeat(1000) });
      return client.told("attemptFailed");
    },
  },
  {
    name: "protocol-gateway-port",
    does: "the URL leads to the port for gateways between clusters",
    codes: ["PROTOCOL_ERROR"],
    side: "operator",
    async play(stage) {
      const port = await freePort("127.0.0.1");
      stage.defer(() => releasePort(port));
      await stage.server({ config: `gateway { name: g, host: "127.0.0.1", port: ${port} }` });
      const client = await stage.refused({ servers: `127.0.0.1:${port}`, timeout: 2000 });
      return client.told("attemptFailed");
    },
  },
  {
    name: "protocol-ws-at-wss",
    does: "a ws:// URL leads to a port for websockets with TLS",
    codes: ["PROTOCOL_ERROR"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({
        tls: { authority: await stage.authority() },
        websocket: { tls: true },
      });
      const client = await stage.refused({ servers: server.wsUrl!.replace("wss:", "ws:") });
      return client.told("attemptFailed");
    },
  },
  ...GATEWAYS,
  {
    name: "protocol-huge-message",
    does: "a server announces a message of 9 GB",
    codes: ["PROTOCOL_ERROR"],
    side: "server",
    async play(stage) {
      const peer = await stage.peer((link) => {
        link.send(info());
        link.once("PING\r\n", () => link.send("PONG", "MSG a 1 9999999999"));
      });
      const client = await stage.refused({ servers: peer.url });
      return client.told("attemptFailed");
    },
  },
);
