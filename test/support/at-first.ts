import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";

/**
 * Connects to the first of these servers, and goes to the others in this order when it has to. Told of all at once, it would be at
 * another one where the first takes longer to answer than it has a head start.
 */
export async function connectAtFirst(
  servers: readonly string[],
  options: ConnectionOptions = {},
): Promise<Connection> {
  const nc = await connect({ noRandomize: true, ...options, servers: servers[0] });
  if (servers.length > 1) nc.setServers([...servers]);
  return nc;
}
