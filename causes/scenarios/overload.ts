import { until } from "../stage/until.js";
import { ofKind } from "./of-kind.js";

const FULL_ACCOUNT = `accounts {
  A { users: [{ user: a, password: pw }], limits: { max_connections: 1 } }
}`;
/** So many attempts at once are more than one a second. */
const AT_ONCE = 3;

/** The server has no room for us. */
export const OVERLOAD = ofKind(
  "overload",
  {
    name: "overload-max-connections",
    does: "the server has all the connections it takes (max_connections)",
    codes: ["MAX_CONNECTIONS_EXCEEDED"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ config: "max_connections: 1" });
      await stage.client({ servers: server.url, waitOnFirstConnect: true });
      const client = await stage.refused({ servers: server.url });
      return client.told("attemptFailed");
    },
  },
  {
    name: "overload-max-connections-tls",
    does: "the same with TLS",
    codes: ["MAX_CONNECTIONS_EXCEEDED"],
    side: "operator",
    async play(stage) {
      const authority = await stage.authority();
      const tls = { ca: authority.cert };
      const server = await stage.server({ tls: { authority }, config: "max_connections: 1" });
      await stage.client({ servers: server.url, tls, waitOnFirstConnect: true });
      const client = await stage.refused({ servers: server.url, tls });
      return client.told("attemptFailed");
    },
  },
  {
    name: "overload-account",
    does: "the account has all the connections it may have",
    codes: ["MAX_CONNECTIONS_EXCEEDED"],
    side: "operator",
    async play(stage) {
      const server = await stage.server({ config: FULL_ACCOUNT });
      const who = { servers: server.url, user: "a", pass: "pw" };
      await stage.client(who);
      const client = await stage.refused(who);
      return client.told("attemptFailed");
    },
  },
  {
    name: "overload-throttled",
    does: "more clients connect in a second than the server lets in (connection_rate_limit)",
    // The -ERR is in plain text, and one that comes late is swallowed by TLS.
    codes: ["CONNECTION_THROTTLED", "TLS_FAILED"],
    side: "operator",
    async play(stage) {
      const authority = await stage.authority();
      const { certFile, keyFile } = await authority.issue({ hosts: ["127.0.0.1"] });
      const files = `cert_file: ${JSON.stringify(certFile)}, key_file: ${JSON.stringify(keyFile)}`;
      const server = await stage.server({ config: `tls { ${files}, connection_rate_limit: 1 }` });
      const options = { servers: server.url, tls: { ca: authority.cert }, waitOnFirstConnect: true };
      const clients = await Promise.all(Array.from({ length: AT_ONCE }, () => stage.client(options)));
      // All but one were turned away at first.
      return clients.find(({ ends }) => ends.length > 0)?.ends[0] ?? clients[0].told("attemptFailed");
    },
  },
  {
    name: "overload-lowered",
    does: "a reload lowers max_connections: the server sends away who is too many",
    codes: ["MAX_CONNECTIONS_EXCEEDED"],
    side: "operator",
    async play(stage) {
      const server = await stage.server();
      const clients = [
        await stage.client({ servers: server.url }),
        await stage.client({ servers: server.url }),
      ];
      await server.reload({ config: "max_connections: 1" });
      const told = () => clients.flatMap(({ ends }) => ends)[0];
      await until(() => told() !== undefined, "the event disconnect", { told: true });
      return told();
    },
  },
  {
    name: "overload-gateway-503",
    does: "a gateway before the websocket answers 503, with the time after which to ask again",
    codes: ["CONNECTION_THROTTLED"],
    side: "operator",
    async play(stage) {
      const answer = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\r\n";
      const peer = await stage.peer((link) => link.once("\r\n\r\n", () => link.socket.end(answer)));
      const client = await stage.refused({ servers: `ws://${peer.hostport}` });
      return client.told("attemptFailed");
    },
  },
  {
    name: "overload-gateway-429",
    does: "a gateway before the websocket answers 429: too many requests",
    codes: ["CONNECTION_THROTTLED"],
    side: "operator",
    async play(stage) {
      const peer = await stage.peer((link) => {
        link.once("\r\n\r\n", () => link.socket.end("HTTP/1.1 429 Too Many Requests\r\n\r\n"));
      });
      const client = await stage.refused({ servers: `ws://${peer.hostport}` });
      return client.told("attemptFailed");
    },
  },
);
