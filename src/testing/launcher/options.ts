/** What a `NatsServer` is started with. All optional. */
export interface NatsServerOptions {
  /** The program. Default: `$NATS_SERVER`, else what is found in `PATH` or in the checkout's cache. */
  binary?: string;
  /** The address that it listens on. Default `127.0.0.1`. */
  host?: string;
  /** The port for clients. Default: a free one. */
  port?: number;
  /** The server's name. Default `holdfast-` and the port. */
  name?: string;
  /** Clients must present this user name, and `pass`. Default: no authentication. */
  user?: string;
  /** The password for `user`. Default: empty. */
  pass?: string;
  /** Clients must present this token (`user` is ignored then). Default: no authentication. */
  token?: string;
  /**
   * Makes it a member of a cluster: the cluster's name, the port for routes (default: a free one), and the URLs of the
   * other members' route ports. Default: a server of its own.
   */
  cluster?: { name: string; port?: number; routes: string[] };
  /** Enables JetStream, with a store in the server's own temporary folder, which survives `restart()`. Default: false. */
  jetstream?: boolean;
  /** How many bytes may wait for a slow client before it is cut off (`max_pending`). Default: the server's, 64 MiB. */
  maxPending?: number;
  /** The largest message in bytes (`max_payload`). Default: the server's, 1 MiB. */
  maxPayload?: number;
  /** More nats-server configuration, put after ours, so that it wins. It must not redirect the log. Default: none. */
  config?: string;
  /** Serves the monitoring endpoints over HTTP: on a free port (true) or on this one. Default: false. */
  monitor?: boolean | number;
}
