import type { Permissions } from "./permissions.js";

/** How a server is configured, in the words of nats-server. Each may change while it runs, as by a reload. */
export interface ServerSettings {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Largest message in bytes, headers included. */
  maxPayload: number;
  /** Whether it takes headers. */
  headers: boolean;
  /** Told to clients as `auth_required`. */
  requireAuth: boolean;
  /** Told to clients as `tls_required` or `tls_available`; the broker sees what is inside. Undefined: neither. */
  tls?: "required" | "available";
  /** Credentials that clients must present; a token alone is enough. Undefined: none. */
  user?: string;
  pass?: string;
  token?: string;
  /** What clients may do. Undefined: everything. */
  permissions?: Permissions;
  /** Longest control line in bytes, without its verb. */
  maxControlLine?: number;
  /** Undefined of these: no limit. */
  maxConnections?: number;
  maxSubscriptions?: number;
  /** Bytes that may wait for a client before it is cut off as a slow consumer. */
  maxPending?: number;
  /** ms without a word from a client before it is asked for a sign of life. Undefined: never. */
  pingInterval?: number;
  /** How many of those may be unanswered before the connection is stale. */
  maxPingsOut?: number;
  /** ms that a client has to present its credentials. Undefined: for ever. */
  authTimeout?: number;
}

/** The server's address for clients, as it is announced. */
export function addressOf({ host, port }: ServerSettings): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
