import { connect } from "./connect.js";
import type { Connection } from "./connection.js";
import type { ConnectionOptions } from "./options.js";

/**
 * Connects over websockets, under the name that nats.js has for it: {@link connect} with servers that have no scheme
 * taken for `wss://`. Programs may as well write the scheme and call `connect()`.
 */
export function wsconnect(options: ConnectionOptions = {}): Promise<Connection> {
  return connect(toWebSockets(options));
}

/** The same options with a websocket's scheme in each server; what is no text is left to `connect()` to refuse. */
export function toWebSockets(options: ConnectionOptions): ConnectionOptions {
  const { servers, port, ...rest } = options ?? {};
  if (servers === undefined)
    return { ...rest, servers: `wss://127.0.0.1${port === undefined ? "" : `:${port}`}` };
  const list = typeof servers === "string" ? servers.split(",") : servers;
  if (!Array.isArray(list)) return options;
  return {
    ...options,
    servers: list.map((server) => (typeof server === "string" ? withScheme(server) : server)),
  };
}

function withScheme(server: string): string {
  const text = server.trim();
  if (/^https?:\/\//i.test(text)) return text.replace(/^http/i, "ws");
  return text === "" || text.includes("://") ? text : `wss://${text}`;
}
