import { NONE } from "../core/none.js";
import {
  type ConnectionClosedListener,
  Features,
  type NatsConnectionOptions,
  parseSemVer,
  type SemVer,
} from "../interop/nats-core.js";
import type { Ending } from "./ending.js";
import type { Settings } from "./settings.js";

/** Options of nats-core that hold no secret. */
const SHOWN = [
  "debug",
  "ignoreAuthErrorAbort",
  "ignoreClusterUpdates",
  "inboxPrefix",
  "maxPingOut",
  "maxReconnectAttempts",
  "name",
  "noAsyncTraces",
  "noEcho",
  "noRandomize",
  "pedantic",
  "pingInterval",
  "reconnect",
  "reconnectJitter",
  "reconnectJitterTLS",
  "reconnectTimeWait",
  "servers",
  "timeout",
  "verbose",
  "waitOnFirstConnect",
] as const satisfies (keyof NatsConnectionOptions)[];

/** The options in force that have a name in nats-core, without credentials and keys. */
export type OfficialOptions = Readonly<Pick<NatsConnectionOptions, (typeof SHOWN)[number]>>;

/** The options that the official packages find in `nc.options`: no user, password, token, authenticator or key. */
function officialOptions({ options, engine, addresses }: Settings): OfficialOptions {
  const shown: Record<string, unknown> = {
    maxPingOut: engine.liveness.maxPingOut,
    maxReconnectAttempts: engine.connector.maxReconnectAttempts,
    pingInterval: engine.liveness.pingInterval,
    reconnect: engine.reconnect,
    timeout: engine.timeout,
  };
  const given = options as Record<string, unknown>;
  for (const name of SHOWN) if (given[name] !== undefined) shown[name] ??= given[name];
  shown.servers = addresses.map((address) => address.listen);
  return Object.freeze(shown);
}

/**
 * What the packages of nats.js reach for on a connection beyond its documented interface: which features the server has, its
 * version, and who is told of the end.
 */
export class Official {
  private readonly settings: Settings;
  private shown: OfficialOptions | undefined;
  /** Made when somebody asks: it is a large table. */
  private known: Features | undefined;
  private knownVersion = "";
  private listeners: ConnectionClosedListener[] = NONE;
  private readonly ending: Pick<Ending, "closed">;
  private isWatching = false;

  constructor(settings: Settings, ending: Pick<Ending, "closed">) {
    this.settings = settings;
    this.ending = ending;
  }

  /** The options in force, without secrets. */
  get options(): OfficialOptions {
    this.shown ??= officialOptions(this.settings);
    return this.shown;
  }

  /** What a server of this version can do; a feature that was disabled stays so across reconnects. */
  features(version: string | undefined): Features {
    this.known ??= new Features({ major: 0, minor: 0, micro: 0 });
    const parsed = version === this.knownVersion ? undefined : toVersion(version);
    if (parsed !== undefined) {
      this.knownVersion = version!;
      this.known.update(parsed);
    }
    return this.known;
  }

  /** Tells a listener of the end of the connection, once. */
  addCloseListener(listener: ConnectionClosedListener): void {
    if (this.listeners === NONE) this.listeners = [];
    this.listeners.push(listener);
    // One reaction for all: every `fetch()` adds and removes a listener.
    if (this.isWatching) return;
    this.isWatching = true;
    void this.ending.closed.then((error) => this.tell(error));
  }

  removeCloseListener(listener: ConnectionClosedListener): void {
    this.listeners = this.listeners.filter((other) => other !== listener);
  }

  private tell(error: undefined | Error): void {
    this.isWatching = false;
    for (const { connectionClosedCallback } of this.listeners.splice(0)) {
      try {
        connectionClosedCallback(error);
      } catch {
        // A listener's failure is its own: the connection is closed already, and the others are to be told.
      }
    }
  }
}

/** A version as numbers; undefined when it is none. */
export function toVersion(version: string | undefined): SemVer | undefined {
  try {
    return version === undefined ? undefined : parseSemVer(version);
  } catch {
    return undefined;
  }
}
