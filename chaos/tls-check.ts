import { PUBLISHER } from "./protocol.js";
import type { Node } from "./site.js";

/** What a server says of its clients, as far as it matters here. */
interface Connz {
  readonly connections: readonly { readonly name?: string; readonly tls_version?: string }[];
}

/** Whether a server has a link with the publisher that is not encrypted. Rejects when the publisher has no link at all. */
export async function anyInClear(nodes: readonly Node[]): Promise<boolean> {
  const all = await Promise.all(nodes.filter(({ server }) => server.running).map(linksOn));
  const links = all.flat().filter(({ name }) => name === PUBLISHER);
  if (links.length === 0) throw new Error("no server knows of the publisher");
  return links.some(({ tls_version }) => tls_version === undefined);
}

async function linksOn({ server: { host, monitorPort } }: Node): Promise<Connz["connections"]> {
  const response = await fetch(`http://${host}:${monitorPort}/connz`);
  return ((await response.json()) as Connz).connections;
}
