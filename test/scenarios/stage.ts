import type { Duplex } from "node:stream";
import type { Connection, ConnectionOptions } from "../../src/index.js";

/** What a scenario asks of its servers. All optional. */
export interface StageSetup {
  /** How many servers; more than one form a cluster that tells its clients of all members. Default 1. */
  servers?: number;
  /** Servers take only clients with this user and password. Default: all. */
  user?: string;
  pass?: string;
  /** Largest message that they take, bytes. Default 1 MiB. */
  maxPayload?: number;
  /** A subject, or a pattern, that nobody may publish to. Default: none. */
  denyPublish?: string;
  /** A subject, or a pattern, that nobody may subscribe to. Default: none. */
  denySubscribe?: string;
}

/** One server of a stage. Its address stays the same across restarts. */
export interface StageServer {
  /** `nats://HOST:PORT`, without credentials. */
  readonly url: string;
  /** `HOST:PORT`, as `nc.getServer()` says it. */
  readonly hostport: string;
  /** Ends it as a crash would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again; resolves when it takes clients, and when the cluster is whole. */
  start(): Promise<void>;
  /** Freezes it: nothing answers, its sockets stay open, and the kernel takes what comes. */
  stop(): void;
  /** Lets it go on after {@link stop}. */
  cont(): void;
  /** Begins its shutdown as an operator would: clients are told, and sent away a little later. */
  lameDuck(): void;
  /** Changes the largest message that it takes, while it runs; clients are not told. Resolves when that holds. */
  setMaxPayload(bytes: number): Promise<void>;
}

/**
 * Where scenarios play: servers (simulated, embedded, or real), and a time of its own. Everything that takes time goes
 * through here: a scenario uses neither `setTimeout` nor the clock.
 */
export interface Stage extends AsyncDisposable {
  /** What it was made with. */
  readonly setup: StageSetup;
  /** Rejects when the stage itself breaks, whatever the scenario is waiting for then. */
  readonly failed: Promise<never>;
  readonly servers: readonly StageServer[];
  /**
   * Connects the client under test to the first server, unless `options.servers` says otherwise; attempts follow each
   * other at short, fixed times ({@link QUICK}). Closed with the stage.
   */
  connect(options?: ConnectionOptions): Promise<Connection>;
  /** Opens a socket to a server, without a client; resolves when it is connected. Destroyed with the stage. */
  openSocket(server: StageServer): Promise<Duplex>;
  /** Resolves when the condition holds; rejects after `timeout` ms of the stage's time (default 10,000) with `what`. */
  until(condition: () => boolean, what: string | (() => string), timeout?: number): Promise<void>;
  /** Passes `ms` of the stage's time. For what must *not* happen meanwhile, never for what may. */
  sleep(ms: number): Promise<void>;
  /** Monotonic ms of the stage's time. */
  now(): number;
}

/** Options of every client under test, unless a scenario says otherwise: a test need not wait. */
export const QUICK: ConnectionOptions = { reconnectTimeWait: 10, reconnectJitter: 0, noRandomize: true };

/** Makes the stage of one scenario. */
export type StageMaker = (setup: StageSetup) => Promise<Stage>;

/** What plays on a stage. */
export interface Scenario {
  readonly name: string;
  readonly setup?: StageSetup;
  /** Rejects when it went otherwise than promised. */
  play(stage: Stage): Promise<void>;
}
