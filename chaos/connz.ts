import type { NatsServer } from "../src/testing/server.js";

/** What a server says of one of its clients, as far as it matters here. */
export interface ClientLink {
  readonly name?: string;
  readonly tls_version?: string;
}

/** The clients that a server has, as its monitoring endpoint says; it must have one. */
export async function linksOn({ host, monitorPort }: NatsServer): Promise<readonly ClientLink[]> {
  const response = await fetch(`http://${host}:${monitorPort}/connz`);
  return ((await response.json()) as { connections: readonly ClientLink[] }).connections;
}
