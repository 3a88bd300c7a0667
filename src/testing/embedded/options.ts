import type { Permissions } from "../broker/permissions.js";

/**
 * What a `TestServer` is started with. All optional; an unknown name is refused (`INVALID_OPTION`). Names and defaults are
 * those of `NatsServer` and nats-server.
 */
export interface TestServerOptions {
  /** The address that it listens on. Default `127.0.0.1`. */
  host?: string;
  /** The port for clients. Default: a free one. */
  port?: number;
  /** The server's name, without white space. Default `test-` and the port. */
  name?: string;
  /** Clients must present this user name, and `pass`. Excludes `token`. Default: no authentication. */
  user?: string;
  /** The password for `user`. Default: empty. */
  pass?: string;
  /** Clients must present this token. Excludes `user`. Default: no authentication. */
  token?: string;
  /** ms that a client has to present its credentials (`authorization.timeout`). Default: 2000. */
  authTimeout?: number;
  /** What clients may publish and subscribe, by subjects with wildcards. Default: everything. */
  permissions?: Permissions;
  /** Whether it takes messages with headers. Default: true. */
  headers?: boolean;
  /** The largest message in bytes, headers included (`max_payload`). Default: 1 MiB. */
  maxPayload?: number;
  /** The longest control line in bytes (`max_control_line`). Default: 4096. */
  maxControlLine?: number;
  /** How many clients it takes (`max_connections`). Default: 65,536. */
  maxConnections?: number;
  /** How many subscriptions a client may have (`max_subscriptions`). Default: no limit. */
  maxSubscriptions?: number;
  /** How many bytes may wait for a slow client before it is cut off (`max_pending`). Default: 64 MiB. */
  maxPending?: number;
  /** ms of silence after which a client is sent a PING (`ping_interval`). Default: 120,000. */
  pingInterval?: number;
  /** How many PINGs may be unanswered before a client is cut off as stale (`ping_max`). Default: 2. */
  pingMax?: number;
  /** ms from lame duck mode to the first client that is sent away (`lame_duck_grace_period`). Default: 10,000. */
  lameDuckGracePeriod?: number;
  /** ms from lame duck mode to the last one (`lame_duck_duration`). Default: 120,000. */
  lameDuckDuration?: number;
}

/** What can be changed while it runs. */
export type TestServerReload = Omit<TestServerOptions, "host" | "port" | "name">;

/** A client of a `TestServer`, as in nats-server's `/connz`. */
export interface TestServerConnection {
  /** The `client_id` that it was told. */
  readonly cid: number;
  /** The address that it connects from. */
  readonly ip: string;
  /** The port that it connects from. */
  readonly port: number;
  /** What its CONNECT says as `name`; empty until then. */
  readonly name: string;
  /** What its CONNECT says as `lang`; empty until then. */
  readonly lang: string;
  /** What its CONNECT says as `version`; empty until then. */
  readonly version: string;
  /** Subjects that it is subscribed to, in the order of the SUBs. */
  readonly subscriptions: readonly string[];
  /** Messages from it. */
  readonly inMsgs: number;
  /** Bytes of headers and payloads of these. */
  readonly inBytes: number;
  /** Messages to it. */
  readonly outMsgs: number;
  /** Bytes of headers and payloads of these. */
  readonly outBytes: number;
  /** Bytes that wait for it. */
  readonly pendingBytes: number;
}
