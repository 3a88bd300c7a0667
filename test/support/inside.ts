import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Engine } from "../../src/core/engine.js";
import type { Connection } from "../../src/index.js";

/** The engine of a connection: for what has no public face, such as tables that must be empty again. */
export function engineOf(nc: Connection): Engine {
  return (nc as unknown as { engine: Engine }).engine;
}

/** Requests that wait for their answer. */
export function openRequests(nc: Connection): number {
  return engineOf(nc).requests.size;
}

/** Subscriptions, the shared inbox of the requests among them. */
export function openSubscriptions(nc: Connection): string[] {
  return [...engineOf(nc).subscriptions.all].map((entry) => entry.subject);
}

/** The TLS of a connection's links, also of those under wss. */
export function tlsOf(nc: Connection): TLSSocket[] {
  return linksOf<{ stream: Stream }>(nc).map(
    ({ socket: { stream } }) => (stream.carrier ?? stream) as TLSSocket,
  );
}

/** The links of a connection are gone, as when its server has reset them; the server itself is well. */
export function cutLinks(nc: Connection): void {
  const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  for (const { socket: link } of linksOf<{ socket: Socket }>(nc)) link.socket.destroy(reset);
}

function linksOf<T>(nc: Connection): readonly { socket: T }[] {
  return (nc as unknown as { driver: { links: readonly { socket: T }[] } }).driver.links;
}

/** What a link reads: TLS, or a websocket upon it. */
interface Stream {
  readonly carrier?: TLSSocket;
}
