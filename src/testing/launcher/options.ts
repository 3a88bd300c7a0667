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
   * Makes it a member of a cluster: the cluster's name, the port for routes (default: a free one), and the URLs of the
   * other members' route ports (default: none, for the first member). Default: a server of its own.
   */
  cluster?: { name: string; port?: number; routes?: string[] };
  /** Enables JetStream, with a store in the server's own temporary folder, which survives `restart()`. Default: false. */
  jetstream?: boolean;
  /** How many bytes may wait for a slow client before it is cut off (`max_pending`). Default: the server's, 64 MiB. */
  maxPending?: number;
  /** The largest message in bytes (`max_payload`). Default: the server's, 1 MiB. */
  maxPayload?: number;
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
