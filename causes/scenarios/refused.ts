import { resolves } from "../stage/names.js";
import { ofKind } from "./of-kind.js";

/** Nobody is there who would serve. */
export const REFUSED = ofKind(
  "refused",
  {
    name: "refused-nobody",
    does: "nobody listens at the port when connect() is called",
    codes: ["CONNECTION_REFUSED"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      await server.kill();
      const client = await stage.refused({ servers: server.url });
      return client.told("attemptFailed");
    },
  },
  {
    name: "refused-in-outage",
    does: "the server was killed: of the attempts that follow, the last before giving up",
    codes: ["CONNECTION_REFUSED"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client({ servers: server.url, maxReconnectAttempts: 5 });
      await server.kill();
      return client.told("close");
    },
  },
  {
    name: "refused-name",
    does: "the server's name resolves, and nobody listens at any of its addresses",
    codes: ["CONNECTION_REFUSED"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      await server.kill();
      const client = await stage.refused({ servers: `localhost:${server.port}` });
      return client.told("attemptFailed");
    },
  },
  {
    name: "refused-name-moved",
    does: "the server is killed, and its name leads to another address, at which nobody listens: of the attempts",
    codes: ["CONNECTION_REFUSED"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      const name = resolves(stage, "moved.holdfast.invalid", "127.0.0.1");
      const client = await stage.client({ servers: `moved.holdfast.invalid:${server.port}` });
      await client.works();
      name.become("127.0.0.2");
      await server.kill();
      return client.told("attemptFailed");
    },
  },
  {
    name: "refused-listener-gone",
    does: "a port forward is taken down: its link is reset, and its port is closed; of the attempts",
    codes: ["CONNECTION_REFUSED"],
    side: "server",
    async play(stage) {
      const server = await stage.server();
      const proxy = await stage.proxy(server);
      const client = await stage.client({ servers: proxy.url });
      proxy.down();
      proxy.reset();
      await client.told("disconnect");
      return client.told("attemptFailed");
    },
  },
  {
    name: "refused-websocket",
    does: "nobody listens at the port of a ws:// URL",
    codes: ["CONNECTION_REFUSED"],
    side: "server",
    async play(stage) {
      const server = await stage.server({ websocket: true });
      await server.kill();
      const client = await stage.refused({ servers: server.wsUrl! });
      return client.told("attemptFailed");
    },
  },
  {
    name: "refused-gateway-503",
    does: "a gateway before the websocket answers 503: the server behind it is down",
    codes: ["CONNECTION_REFUSED"],
    side: "server",
    async play(stage) {
      const gateway = await stage.peer((link) => {
        link.once("\r\n\r\n", () => link.socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n"));
      });
      const client = await stage.refused({ servers: `ws://${gateway.hostport}` });
      return client.told("attemptFailed");
    },
  },
);
