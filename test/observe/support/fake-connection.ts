import {
  type ConnectionEvents,
  type ConnectionState,
  Emitter,
  type StateChange,
} from "../../../src/client/events.js";
import type {
  Cause,
  Component,
  Connection,
  ConnectionStats,
  DisconnectInfo,
  EventName,
  Health,
  HoldfastSubscription,
  Listener,
  ReconnectInfo,
} from "../../../src/index.js";

const NO_STATS: ConnectionStats = {
  inMsgs: 0,
  inBytes: 0,
  outMsgs: 0,
  outBytes: 0,
  reconnects: 0,
  accepted: 0,
  confirmed: 0,
  refused: 0,
  pending: 0,
  dropped: 0,
  unconfirmed: 0,
  acceptedBytes: 0,
  confirmedBytes: 0,
  refusedBytes: 0,
  pendingBytes: 0,
  droppedBytes: 0,
  unconfirmedBytes: 0,
  replayed: 0,
  rejected: 0,
  overflowed: 0,
  recovered: 0,
  dropReasons: {},
};

/** A cause, as of a server that was killed. */
export const CAUSE: Cause = {
  kind: "server-shutdown",
  code: "CONNECTION_LOST",
  message: "a:1 closed the connection",
  evidence: ["the other side ended the connection without an error"],
  advice: ["look at the server's log"],
  docs: "docs/causes/server-shutdown.md",
};

type Used = "on" | "off" | "stats" | "health" | "history" | "getServers" | "info" | "state" | "components";
type UsedOfSubscription = "getPending" | "getDropped" | "getSubject" | "isClosed";

/** What those who look at a connection from outside use of one, with the client's own emitter: a test says what happens. */
export class FakeConnection implements Pick<Connection, Used> {
  readonly emitter = new Emitter({
    listenerFailed: (_name, cause) => {
      throw cause;
    },
  });
  readonly history: StateChange[] = [];
  readonly options: { name?: string };
  stats_: ConnectionStats = { ...NO_STATS };
  state: ConnectionState = "connected";
  server = "a:1";
  rtt: number | undefined = 1;
  buffer = { messages: 0, bytes: 0, limit: 1_000, ratio: 0, oldestAge: 0 };
  lastCause: Cause | undefined;
  info: Connection["info"];
  servers: string[] = ["a:1"];
  components: Component[] = [];

  constructor(name?: string) {
    this.options = name === undefined ? {} : { name };
  }

  /** Itself, for those who want a connection. */
  get nc(): Connection {
    return this as unknown as Connection;
  }

  on<E extends EventName>(event: E, listener: Listener<E>): Connection {
    this.emitter.add(event, listener, false);
    return this.nc;
  }

  off<E extends EventName>(event: E, listener: Listener<E>): Connection {
    this.emitter.remove(event, listener);
    return this.nc;
  }

  emit<E extends EventName>(event: E, ...args: ConnectionEvents[E]): void {
    this.emitter.emit(event, ...args);
  }

  stats(): ConnectionStats {
    return { ...this.stats_, dropReasons: { ...this.stats_.dropReasons } };
  }

  /** Adds to counters. */
  count(more: Partial<Record<Exclude<keyof ConnectionStats, "dropReasons">, number>>): void {
    for (const [name, amount] of Object.entries(more)) this.stats_[name as "dropped"] += amount;
  }

  health(): Health {
    const connected = this.state === "connected";
    return {
      status: connected ? "healthy" : "unhealthy",
      connected,
      accepting: true,
      state: this.state,
      server: connected ? this.server : "",
      reconnectAttempts: 0,
      reconnectCount: this.stats_.reconnects,
      lastConnectedAt: 5,
      lastDisconnectedAt: undefined,
      lastError: undefined,
      lastCause: this.lastCause,
      buffer: { ...this.buffer },
      rtt: connected ? this.rtt : undefined,
      stats: this.stats(),
    };
  }

  getServers(): ReturnType<Connection["getServers"]> {
    return this.servers.map((listen) => {
      const [hostname, port] = listen.split(":");
      const rest = {
        src: listen,
        tlsName: "",
        reconnects: 0,
        lastConnect: 0,
        gossiped: false,
        didConnect: true,
      };
      return { hostname, port: Number(port), listen, ...rest };
    });
  }

  /** The state changes, as told by the `state` event. */
  become(to: ConnectionState, at: number): void {
    const change = { from: this.state, to, at, reason: "test" };
    this.state = to;
    this.emit("state", change);
  }

  /** Its link is lost. */
  lose(more: Partial<DisconnectInfo> = {}, at = 0): void {
    const info = { server: this.server, cause: CAUSE, unconfirmed: 0, abandoned: 0, ...more };
    this.lastCause = info.cause;
    this.become("reconnecting", at);
    this.emit("disconnect", new Error(info.cause.message), info);
  }

  /** It is back. */
  find(more: Partial<ReconnectInfo> = {}, at = 0): void {
    this.stats_.reconnects++;
    this.server = more.server ?? this.server;
    this.become("connected", at);
    this.emit("reconnect", {
      server: this.server,
      previous: this.server,
      downtime: 100,
      attempts: 1,
      replayed: 0,
      serverChanged: false,
      ...more,
    });
  }
}

/** What is used of a subscription. */
export class FakeSubscription implements Pick<HoldfastSubscription, UsedOfSubscription> {
  pending = 0;
  dropped = 0;
  closed = false;
  readonly subject: string;

  constructor(subject: string) {
    this.subject = subject;
  }

  get sub(): HoldfastSubscription {
    return this as unknown as HoldfastSubscription;
  }

  getPending(): number {
    return this.pending;
  }

  getDropped(): number {
    return this.dropped;
  }

  getSubject(): string {
    return this.subject;
  }

  isClosed(): boolean {
    return this.closed;
  }
}
