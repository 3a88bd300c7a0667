import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import type { FakeLink } from "./fake-server.js";

/**
 * Connects to the first of the servers, with the others to go on to. Told of all at once, it would be at another one where the
 * first takes longer to answer than it has a head start.
 */
export async function connectAtFirst(
  servers: string[],
  options: ConnectionOptions = {},
): Promise<Connection> {
  const nc = await connect({ noRandomize: true, ...options, servers: servers[0] });
  nc.setServers(servers);
  return nc;
}

/**
 * A behaviour of a fake server that takes one client in its life and resets all others: whoever has left it is not back there when
 * the next server takes longer to answer than it has a head start.
 */
export function onlyOnce(behave: (link: FakeLink) => void): (link: FakeLink, number: number) => void {
  return (link, number) => (number === 1 ? behave(link) : void link.socket.resetAndDestroy());
}
