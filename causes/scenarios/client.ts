import { ofKind } from "./of-kind.js";

/** The application does it. */
export const CLIENT = ofKind(
  "client",
  {
    name: "client-close",
    does: "the application calls nc.close()",
    codes: ["CLOSE"],
    side: "client",
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client({ servers: server.url });
      await client.nc.close();
      return client.told("close");
    },
  },
  {
    name: "client-drain",
    does: "the application calls nc.drain()",
    codes: ["CLOSE"],
    side: "client",
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client({ servers: server.url });
      await client.nc.drain();
      return client.told("close");
    },
  },
  {
    name: "client-reconnect",
    does: "the application calls nc.reconnect(), and the server has no room for a second link beside the first",
    codes: ["RECONNECT"],
    side: "client",
    async play(stage) {
      const server = await stage.server({ config: "max_connections: 1" });
      // The server may not know yet that the launcher, which has looked whether it is ready, has left.
      const client = await stage.client({ servers: server.url, waitOnFirstConnect: true });
      await client.nc.reconnect();
      return client.told("disconnect");
    },
  },
  {
    name: "client-dialer-mistake",
    does: "the application's dialer has a mistake (a TypeError)",
    codes: ["CALLBACK_FAILED", "CONNECTION_LOST"],
    side: "client",
    async play(stage) {
      const server = await stage.server();
      const dialer = () => {
        throw new TypeError("agent.connect is not a function");
      };
      const client = await stage.refused({ servers: server.url, dialer });
      return client.told("attemptFailed");
    },
  },
  {
    name: "client-close-in-outage",
    does: "the application calls nc.close() while no server can be reached",
    codes: ["CLOSE"],
    side: "client",
    async play(stage) {
      const server = await stage.server();
      const client = await stage.client({ servers: server.url });
      await server.kill();
      await client.told("attemptFailed");
      await client.nc.close();
      return client.told("close");
    },
  },
);
