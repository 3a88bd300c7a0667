import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Address, hostport } from "../core/address.js";
import type { PoolServer } from "../core/pool.js";
import { CodedError } from "../errors.js";
import { WebSocketStream } from "./websocket.js";

/** How websockets are asked for. */
export interface WebSocketSettings {
  /** Headers of the request, made anew for each attempt. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** Offer compression. */
  readonly compression: boolean;
}

/**
 * Puts a websocket upon a socket that is connected or connecting, with TLS between them for `wss`. The result looks like a
 * socket that is connecting.
 *
 * @param encrypt puts TLS upon it
 * @throws CodedError when what is needed for the request is not right; the socket is destroyed then
 */
export function upgrade(
  socket: Socket,
  server: PoolServer,
  encrypt: (socket: Socket) => TLSSocket,
  { headers, compression }: WebSocketSettings,
): Socket {
  try {
    const { address } = server;
    const request = { url: urlOf(address), headers: headers(), compression };
    const carrier = address.scheme === "wss" ? encrypt(socket) : socket;
    return new WebSocketStream(socket, carrier, request) as unknown as Socket;
  } catch (error) {
    socket.on("error", () => {}).destroy();
    throw error;
  }
}

function urlOf({ scheme, hostname, port, path = "/", query = "", listen }: Address): URL {
  // The zone of an IPv6 address is a matter of this host alone.
  const host = hostport({ hostname: hostname.replace(/%.*$/, ""), port });
  const url = `${scheme}://${host}${path}${query}`;
  if (URL.canParse(url)) return new URL(url);
  throw new CodedError("CONNECTION_REFUSED", `${listen}: that cannot be a host in a URL`);
}
