import { readFile } from "node:fs/promises";
import { type Connection, connect, credsAuthenticator, type HoldfastError } from "../index.js";

/** Options of `holdfast check`. */
export interface CheckOptions {
  /** Deadline of each attempt, ms. */
  timeout: number;
  /** File with a JWT and its seed. */
  creds?: string;
  json?: boolean;
}

/** What `holdfast check` finds out about a server. */
export interface CheckReport {
  ok: boolean;
  server?: string;
  name?: string;
  version?: string;
  cluster?: string;
  jetstream?: boolean;
  maxPayload?: number;
  /** Round trips, ms. */
  rtt?: { best: number; median: number };
  /** All servers that the client would use. */
  servers?: string[];
  error?: { code: string; message: string };
}

const ROUND_TRIPS = 9;

/** Connects, measures a few round trips, and says what it found. Never rejects. */
export async function check(servers: string[], options: CheckOptions): Promise<CheckReport> {
  let connection: Connection | undefined;
  try {
    const credentials = options.creds === undefined ? undefined : await readFile(options.creds);
    connection = await connect({
      servers: servers.length === 0 ? undefined : servers,
      timeout: options.timeout,
      authenticator: credentials === undefined ? undefined : credsAuthenticator(credentials),
      name: "holdfast check",
      reconnect: false,
    });
    return await examine(connection);
  } catch (error) {
    const { code, message } = error as HoldfastError;
    return { ok: false, error: { code: code ?? "ERROR", message } };
  } finally {
    await connection?.close();
  }
}

async function examine(connection: Connection): Promise<CheckReport> {
  const trips: number[] = [];
  for (let i = 0; i < ROUND_TRIPS; i++) trips.push(await connection.rtt());
  trips.sort((a, b) => a - b);
  const { info } = connection;
  return {
    ok: true,
    server: connection.getServer(),
    name: info?.server_name,
    version: info?.version,
    cluster: info?.cluster,
    jetstream: info?.jetstream ?? false,
    maxPayload: info?.max_payload,
    rtt: { best: trips[0], median: trips[ROUND_TRIPS >> 1] },
    servers: connection.getServers().map((server) => server.listen),
  };
}

/** The report for people. */
export function describeReport(report: CheckReport): string {
  if (report.error !== undefined) return `not connected: ${report.error.message} (${report.error.code})`;
  const rows: [string, string][] = [
    ["server", `${report.server} (${report.name}), nats-server ${report.version}`],
    ["cluster", report.cluster ?? "none"],
    ["round trip", `best ${report.rtt?.best.toFixed(2)} ms, median ${report.rtt?.median.toFixed(2)} ms`],
    ["jetstream", report.jetstream === true ? "yes" : "no"],
    ["max payload", `${report.maxPayload} bytes`],
    ["would use", (report.servers ?? []).join(", ")],
  ];
  return rows.map(([name, value]) => `${name.padEnd(12)} ${value}`).join("\n");
}
