import { join } from "node:path";
import type { CheckedServerOptions, NatsServerTls } from "./options.js";
import type { TlsMaterial } from "./tls-material.js";

/** The ports that a server listens on, all chosen. */
export interface Ports {
  readonly client: number;
  readonly cluster?: number;
  readonly monitor?: number;
  readonly websocket?: number;
}

/** The configuration file for a server. `dir` is its own folder; `material` is there when one of its listeners does TLS. */
export function configText(
  name: string,
  host: string,
  ports: Ports,
  dir: string,
  options: CheckedServerOptions,
  material?: TlsMaterial,
): string {
  const { user, pass, token, tls, websocket, cluster, maxPending, maxPayload } = options;
  const lines = [`server_name: ${quote(name)}`, `host: ${quote(host)}`, `port: ${ports.client}`];
  if (ports.monitor !== undefined) lines.push(`http: ${quote(`${bracketed(host)}:${ports.monitor}`)}`);
  if (token !== undefined) lines.push(`authorization { token: ${quote(token)} }`);
  else if (user !== undefined) {
    lines.push(`authorization { user: ${quote(user)}, password: ${quote(pass ?? "")} }`);
  }
  if (maxPending !== undefined) lines.push(`max_pending: ${maxPending}`);
  if (maxPayload !== undefined) lines.push(`max_payload: ${maxPayload}`);
  if (options.jetstream) lines.push(`jetstream { store_dir: ${quote(join(dir, "jetstream"))} }`);
  if (tls) lines.push(...tlsLines(tls, material!));
  if (websocket) {
    lines.push("websocket {", `  host: ${quote(host)}`, `  port: ${ports.websocket}`);
    lines.push(`  compression: ${websocket.compression ?? false}`);
    if (websocket.tls) lines.push("  tls {", ...certificateLines(tls ?? {}, material!), "  }", "}");
    else lines.push("  no_tls: true", "}");
  }
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

function tlsLines(tls: NatsServerTls, material: TlsMaterial): string[] {
  const { handshakeFirst, timeout, required = true } = tls;
  const lines = ["tls {", ...certificateLines(tls, material)];
  if (handshakeFirst) lines.push(`  handshake_first: ${handshakeFirst}`);
  if (timeout !== undefined) lines.push(`  timeout: ${timeout / 1000}`); // seconds
  lines.push("}");
  if (!required) lines.push("allow_non_tls: true");
  return lines;
}

function certificateLines({ verify }: NatsServerTls, { certFile, keyFile, caFile }: TlsMaterial): string[] {
  const lines = [`  cert_file: ${quote(certFile)}`, `  key_file: ${quote(keyFile)}`];
  if (!verify) return lines;
  lines.push(`  ca_file: ${quote(caFile!)}`, verify === "map" ? "  verify_and_map: true" : "  verify: true");
  return lines;
}

/** An IPv6 address as it stands in front of a port. */
export const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** nats-server reads double-quoted strings with the escapes of JSON's ASCII subset. */
const quote = (text: string): string => JSON.stringify(text);
