import { linksOn } from "./connz.js";
import { PUBLISHER } from "./protocol.js";
import type { Node } from "./site.js";

/** Whether a server has a link with the publisher that is not encrypted. Rejects when the publisher has no link at all. */
export async function anyInClear(nodes: readonly Node[]): Promise<boolean> {
  const running = nodes.filter(({ server }) => server.running);
  const all = await Promise.all(running.map(({ server }) => linksOn(server)));
  const links = all.flat().filter(({ name }) => name === PUBLISHER);
  if (links.length === 0) throw new Error("no server knows of the publisher");
  return links.some(({ tls_version }) => tls_version === undefined);
}
