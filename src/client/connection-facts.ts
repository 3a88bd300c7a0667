import type { Engine } from "../core/engine.js";
import { publicError } from "../interop/errors.js";
import type { Features, SemVer, Server, ServerInfo } from "../interop/nats-core.js";
import type { Clock } from "../io/clock.js";
import { diagnose } from "./diagnosis/diagnose.js";
import type { DiagnoseOptions, Diagnosis } from "./diagnosis/diagnosis.js";
import type { ConnectionState, StateChange } from "./events.js";
import type { Extras } from "./extras.js";
import {
  type Buffered,
  bufferedOf,
  type ConnectionStats,
  copyInfo,
  describeServer,
  statsOf,
} from "./facts.js";
import { type Health, healthOf } from "./health.js";
import { type OfficialOptions, toVersion } from "./official.js";
import type { Reporter } from "./reporter.js";
import type { Settings } from "./settings.js";

/** What a connection tells of itself to those who ask, without a round trip and without changing anything. */
export abstract class ConnectionFacts {
  /** @internal */
  abstract readonly clock: Clock;
  /** @internal */
  protected abstract readonly engine: Engine;
  /** @internal */
  protected abstract readonly reporter: Reporter;
  /** @internal */
  protected abstract readonly draining: boolean;
  /** @internal */
  protected abstract readonly settings: Settings;
  /** @internal */
  protected abstract readonly extras: Extras;

  /** Whether the connection has ended for good: its state is `closed`. */
  abstract isClosed(): boolean;

  /** The state of the connection. */
  get state(): ConnectionState {
    const { state } = this.engine;
    return this.draining && state !== "closed" ? "draining" : state;
  }

  /** Why the connection was lost last, or why the last attempt failed. */
  get lastError(): Error | undefined {
    return this.reporter.lastError;
  }

  /** The last 64 changes of state, oldest first. */
  get history(): readonly StateChange[] {
    return this.reporter.history;
  }

  /** How the connection is, at one glance and without a round trip. */
  health(): Health {
    return healthOf(this.engine, this.state, this.reporter, this.clock.now());
  }

  /**
   * Why the connection was lost, as far as it can be known here: the last outages with their causes, what they have in common, and what
   * could be better about the options of this connection. Without a round trip, in any state, also after the end. What it tells is plain
   * data for `JSON.stringify()`, without secrets.
   *
   * @throws an error with code `INVALID_ARGUMENT`
   */
  diagnose(options?: DiagnoseOptions): Diagnosis {
    try {
      return diagnose(this.reporter.outages!, this.engine, this.settings, options);
    } catch (error) {
      throw publicError(error);
    }
  }

  /** The options in force that have a name in nats-core, without credentials and keys. */
  get options(): OfficialOptions {
    return this.extras.official.options;
  }

  /** What the server can do, as nats-core knows it; during an outage: what the last one could. */
  get features(): Features {
    return this.extras.official.features(this.engine.info?.version);
  }

  /** The version of the server; undefined before the first connection and when closed. */
  getServerVersion(): SemVer | undefined {
    return this.isClosed() ? undefined : toVersion(this.engine.info?.version);
  }

  /** INFO of the server that we are connected to; during an outage: of the last one. */
  get info(): ServerInfo | undefined {
    const { info } = this.engine;
    return this.isClosed() || info === undefined ? undefined : copyInfo(info);
  }

  /** Counters since the connection was made. */
  stats(): ConnectionStats {
    return statsOf(this.engine);
  }

  /** What is accepted and not confirmed. */
  get buffered(): Buffered {
    return bufferedOf(this.engine, this.clock.now());
  }

  /** `host:port` of the server; empty when there is no link. */
  getServer(): string {
    return this.engine.session.active?.server.address.listen ?? "";
  }

  /** The servers of the pool, configured and gossiped, without credentials. */
  getServers(): ReadonlyArray<Server> {
    return this.engine.session.pool.all.map(describeServer);
  }

  /** What a log shows of it: its `state`, its `server` (`host:port`) and its `stats`; no options, no credentials. */
  toJSON(): { state: ConnectionState; server: string; stats: ConnectionStats } {
    return { state: this.state, server: this.getServer(), stats: this.stats() };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): unknown {
    return this.toJSON();
  }
}
