import type { CertificateAuthority } from "../certificates/authority.js";

/** What a `NatsServer` is started with. All optional; an unknown name is refused (`INVALID_OPTION`). */
export interface NatsServerOptions {
  /** The program. Default: `$NATS_SERVER`, else `nats-server` as found in `PATH`. */
  binary?: string;
  /** The address that it listens on. Default `127.0.0.1`. */
  host?: string;
  /** The port for clients. Default: a free one. */
  port?: number;
  /** The server's name, without white space. Default `holdfast-` and the port. */
  name?: string;
  /** Clients must present this user name, and `pass`. Excludes `token`. Default: no authentication. */
  user?: string;
  /** The password for `user`. Default: empty. */
  pass?: string;
  /** Clients must present this token. Excludes `user`. Default: no authentication. */
  token?: string;
  /**
   * Makes it a member of a cluster: the cluster's `name`, the `port` for routes (default: a free one), and as `routes` the URLs of
   * the other members' route ports (default: none, for the first member). Default: a server of its own.
   */
  cluster?: { name: string; port?: number; routes?: string[] };
  /** Enables JetStream, with a store in the server's own temporary folder, which survives `restart()`. Default: false. */
  jetstream?: boolean;
  /** How many bytes may wait for a slow client before it is cut off (`max_pending`). Default: the server's, 64 MiB. */
  maxPending?: number;
  /** The largest message in bytes (`max_payload`). Default: the server's, 1 MiB. */
  maxPayload?: number;
  /** Offers TLS to clients, routes stay plain. `true`: with a certificate of its own. Default: false. */
  tls?: boolean | NatsServerTls;
  /** Listens for WebSocket clients as well, on a port of its own. Default: false. */
  websocket?: boolean | NatsServerWebsocket;
  /**
   * More nats-server configuration, put after ours, so that it wins: NKeys, JWT, accounts, permissions, limits. It must not
   * redirect the log. Default: none.
   */
  config?: string;
  /** Serves the monitoring endpoints over HTTP: on a free port (true) or on this one. Default: false. */
  monitor?: boolean | number;
}

/**
 * What a `NatsCluster` is started with. Beside its own, the options of `NatsServer` hold for every member, but for those
 * that the cluster chooses: `port`, `cluster` and `monitor`.
 */
export interface NatsClusterOptions extends Omit<NatsServerOptions, "port" | "name" | "cluster" | "monitor"> {
  /** How many servers, 1 to 100. Default 3. */
  size?: number;
  /** The cluster's name, without white space. Default `holdfast`. Its members are called `n1`, `n2` and so on. */
  name?: string;
}

/** Options as they are once they are checked: what is off is absent, what is on is an object. */
export interface CheckedServerOptions extends NatsServerOptions {
  tls?: NatsServerTls;
  websocket?: NatsServerWebsocket;
}

/** How a `NatsServer` does TLS. All optional; an unknown name is refused (`INVALID_OPTION`). */
export interface NatsServerTls {
  /**
   * Issues the server's certificate, and one for its clients with `verify`. Default: one of the server's own (of all servers
   * of a cluster), which stays the same through reloads; none where `certFile` is given.
   */
  authority?: CertificateAuthority;
  /** What the issued certificate is for. Default: the address that it listens on, `localhost`, `127.0.0.1` and `::1`. */
  hosts?: string[];
  /** Another certificate, PEM, with `keyFile`: expired, of another authority, … Excludes `hosts`. Default: one is issued. */
  certFile?: string;
  /** The private key for `certFile`, PEM, not encrypted. */
  keyFile?: string;
  /** The authority that the certificates of clients must come from, with `verify`, PEM. Default: `authority`. */
  caFile?: string;
  /** Clients must show a certificate. `"map"`: which also says who they are (`verify_and_map`). Default: false. */
  verify?: boolean | "map";
  /**
   * The handshake comes before the server's INFO. `"auto"`: so it does for clients that begin with it within 50 ms, others get the
   * INFO. Default: false, the INFO comes first.
   */
  handshakeFirst?: boolean | "auto";
  /** `false` lets clients without TLS in as well (`allow_non_tls`). Default: true. */
  required?: boolean;
  /** How long a handshake may take, ms. Default: the server's, 2000. */
  timeout?: number;
}

/** How a `NatsServer` serves WebSocket clients. All optional; an unknown name is refused (`INVALID_OPTION`). */
export interface NatsServerWebsocket {
  /** The port. Default: a free one. */
  port?: number;
  /** `wss://` instead of `ws://`, with the certificate of option `tls`, or one that is issued likewise. Default: whether `tls` is set. */
  tls?: boolean;
  /** Issues that certificate where option `tls` is not set. Default: one of the server's own (of all servers of a cluster). */
  authority?: CertificateAuthority;
  /** Agrees to compress messages (permessage-deflate) for clients that offer it. Default: false. */
  compression?: boolean;
}
