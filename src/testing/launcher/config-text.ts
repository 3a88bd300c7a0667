import { join } from "node:path";
import type { NatsServerOptions } from "./options.js";

/** The ports that a server listens on, all chosen. */
export interface Ports {
  readonly client: number;
  readonly cluster?: number;
  readonly monitor?: number;
}

/** The configuration file for a server. `dir` is its own folder. */
export function configText(
  name: string,
  host: string,
  ports: Ports,
  dir: string,
  options: NatsServerOptions,
): string {
  const { user, pass, token, cluster, maxPending, maxPayload } = options;
  const lines = [`server_name: ${quote(name)}`, `host: ${quote(host)}`, `port: ${ports.client}`];
  if (ports.monitor !== undefined) lines.push(`http: ${quote(`${bracketed(host)}:${ports.monitor}`)}`);
  if (token !== undefined) lines.push(`authorization { token: ${quote(token)} }`);
  else if (user !== undefined) {
    lines.push(`authorization { user: ${quote(user)}, password: ${quote(pass ?? "")} }`);
  }
  if (maxPending !== undefined) lines.push(`max_pending: ${maxPending}`);
  if (maxPayload !== undefined) lines.push(`max_payload: ${maxPayload}`);
  if (options.jetstream) lines.push(`jetstream { store_dir: ${quote(join(dir, "jetstream"))} }`);
  if (cluster) {
    lines.push(
      "cluster {",
      `  name: ${quote(cluster.name)}`,
      `  host: ${quote(host)}`,
      `  port: ${ports.cluster}`,
      `  routes: [${(cluster.routes ?? []).map(quote).join(", ")}]`,
      "}",
    );
  }
  if (options.config) lines.push(options.config);
  return `${lines.join("\n")}\n`;
}

/** An IPv6 address as it stands in front of a port. */
export const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** nats-server reads double-quoted strings with the escapes of JSON's ASCII subset. */
const quote = (text: string): string => JSON.stringify(text);
