import type { Cause } from "../core/cause.js";
import type { LostMessage, MoveReason } from "../core/events.js";
import type { BufferLevel } from "../core/pressure.js";
import type { ServerInfo } from "../interop/nats-core.js";
import { channelOf } from "./diagnostics.js";
import { isThenable } from "./handled.js";
import type { Subscription } from "./subscription.js";

/** The state of a connection as users see it: `draining` is a phase of shutdown beside the link's state. */
export type ConnectionState =
  | "disconnected"
  | "connecting"
  | "connected"
  | "reconnecting"
  | "draining"
  | "closed";

/** One step in the life of a connection. */
export interface StateChange {
  /** The state before. */
  from: ConnectionState;
  /** The state after. */
  to: ConnectionState;
  /** When, in ms since the epoch. */
  at: number;
  /** Why, in a few words. */
  reason: string;
}

/** What the `disconnect` event tells. */
export interface DisconnectInfo {
  /** `host:port` of the server that was lost. */
  server: string;
  /** Why, as far as it is known now. */
  cause: Cause;
  /** Messages that were on the way to it without a confirmation, and will be written again. */
  unconfirmed: number;
  /** Messages that were on the way to it and will not be written again (requests, at-most-once). */
  abandoned: number;
}

/** What the `reconnecting` event tells: one attempt, or one wait between two passes through the servers. */
export interface ReconnectingInfo {
  /** Number of the attempt in this outage, from 1. */
  attempt: number;
  /** `host:port` that is dialled now; empty during a wait. */
  server: string;
  /** ms of the wait; 0 for an attempt. */
  delay: number;
  /** Why the attempt before this one failed, or the link was lost. */
  error: Error | undefined;
  /** The same with its kind, evidence and advice. */
  cause: Cause | undefined;
  /** Messages that were on the link of that attempt and will not be written again (requests, at-most-once). */
  abandoned: number;
}

/** What the `attemptFailed` event tells. */
export interface AttemptInfo {
  /** `host:port` that was dialled. */
  server: string;
  /** Number of the attempt in this outage, or of the first connect, from 1. */
  attempt: number;
  /** Why it failed. */
  cause: Cause;
  /** Messages that were on the link of the attempt and will not be written again (requests, at-most-once). */
  abandoned: number;
}

/** What the `reconnect` event tells. */
export interface ReconnectInfo {
  /** `host:port` of the server that carries the connection now. */
  server: string;
  /** `host:port` of the server before it. */
  previous: string;
  /** ms without a link: what others published meanwhile did not reach this connection's subscriptions. */
  downtime: number;
  /** Attempts that it took. */
  attempts: number;
  /** Messages that are written a second time: they were on the way when the link died. What was published after that is sent too, and not counted. */
  replayed: number;
  /**
   * Another instance of nats-server than before: another server, or the same one restarted; by INFO's `server_id`. `false`: it is the
   * same process, and what it keeps in memory alone (streams with memory storage, for one) has survived.
   */
  serverChanged: boolean;
}

/** What the `move` event tells: another link carries the connection, as a rule to another server, and there was always one. */
export interface MoveInfo {
  /** `host:port` of the server that was left. */
  from: string;
  /** `host:port` of the server that carries the connection now. */
  to: string;
  /**
   * `"lame-duck"`: the server shuts down; `"reconnect"`: `nc.reconnect()`; `"servers"`: the server is not in the list of
   * `nc.setServers()`; `"failback"`: a preferred server is back.
   */
  reason: MoveReason;
  /** ms for which both links had the subscriptions. */
  overlap: number;
  /** Messages that came by both links, and were delivered once. */
  twins: number;
}

/** What the `standby` and `failback` events tell: a link beside the one in use stands, or is gone, or cannot be had. */
export interface SpareInfo {
  /** `host:port` of its server. */
  server: string;
  /** Whether it stands. */
  ready: boolean;
  /** Why it does not, told once until one stands again; undefined when it is not wanted there any more. */
  error: Error | undefined;
  /** The same with its kind, evidence and advice. */
  cause: Cause | undefined;
}

/** What the `partition` event tells: caches may be stale, and what others published meanwhile was missed. */
export interface PartitionInfo {
  /** ms without a link. */
  duration: number;
  /** `host:port` of the server before the outage. */
  previous: string;
  /** `host:port` of the server that carries the connection now. */
  server: string;
  /** Another instance of nats-server than before, as in {@link ReconnectInfo}. */
  serverChanged: boolean;
}

/** What the `overflow` event tells: messages for which there was no room since it was told last. */
export interface OverflowInfo {
  /** What was done about them: `"reject"`, `"drop-oldest"`, `"drop-newest"`, or the name of an own `Overflow`. */
  policy: string;
  /** Messages that found no room. */
  messages: number;
  /** Their encoded bytes. */
  bytes: number;
  /** Encoded bytes that may wait. */
  limit: number;
  /** Encoded bytes that wait. */
  buffered: number;
}

/** What the `buffer` event tells. */
export interface BufferInfo {
  /** `"high"` at 80 % of the limit, `"normal"` when it has fallen below 60 % again. */
  level: BufferLevel;
  /** Messages that wait. */
  messages: number;
  /** Their encoded bytes. */
  bytes: number;
  /** Encoded bytes that may wait. */
  limit: number;
  /** How full the buffer is by the nearest limit: 1 is full. */
  ratio: number;
}

/** What the `close` event tells. */
export interface CloseInfo {
  /** Why: what the application did, or what the last link or attempt met. */
  cause: Cause;
  /** Messages that were accepted and never left; not those that an outbox keeps. */
  dropped: number;
  /** Messages that were on the way without a confirmation; not those that an outbox keeps. */
  unconfirmed: number;
}

/** The events of a connection and the arguments of their listeners. */
export interface ConnectionEvents {
  /** Every change of state. */
  state: [change: StateChange];
  /** The first link stands. */
  connect: [
    info: {
      /** `host:port` of the server that carries the connection. */
      server: string;
    },
  ];
  /** A link that stood is gone; once per outage. `error` is undefined when it was left on purpose. */
  disconnect: [error: Error | undefined, info: DisconnectInfo];
  /** Each attempt, and each wait, of an outage. */
  reconnecting: [info: ReconnectingInfo];
  /** An attempt has failed, also one of the first connect. */
  attemptFailed: [error: Error, info: AttemptInfo];
  /** A link stands again, subscriptions are in place, the replay is being written; once per outage. */
  reconnect: [info: ReconnectInfo];
  /** A planned move is done: no `disconnect`, no `reconnect`. */
  move: [info: MoveInfo];
  /** Option `standby`: the second link is ready, or is not. */
  standby: [info: SpareInfo];
  /** Options `preferredServers` and `failback`: a preferred server is back and has to prove that it lasts, or it has not. */
  failback: [info: SpareInfo];
  /** Follows a `reconnect` after an outage of at least `partitionThreshold`. */
  partition: [info: PartitionInfo];
  /** The cluster has told of servers that came or went. */
  update: [
    change: {
      /** `host:port` of each server that came. */
      added: string[];
      /** `host:port` of each server that went. */
      deleted: string[];
    },
  ];
  /** The server is about to shut down. */
  lameDuck: [
    info: {
      /** `host:port` of the server that is about to shut down. */
      server: string;
    },
  ];
  /** INFO of the server, at every connect and when it changes. */
  serverInfo: [info: ServerInfo];
  /**
   * Something went wrong that has no caller: the server's `-ERR`, a failing callback, credentials that were refused or not
   * found while reconnecting.
   */
  error: [error: Error];
  /** Messages that were accepted and given up, in batches. */
  messageLost: [messages: LostMessage[]];
  /** There was no room for messages; told at once, and then no more than every 10 ms. */
  overflow: [info: OverflowInfo];
  /** The buffer is nearly full, or has room again. */
  buffer: [info: BufferInfo];
  /**
   * A subscription has begun to drop messages, or more wait in it than its `slow` option bears; once per episode, which
   * is over when what waits is down to half.
   */
  slowConsumer: [
    info: {
      /** The subscription that is too slow. */
      subscription: Subscription;
      /** Messages that wait in it. */
      pending: number;
      /** Messages that it has dropped so far: its `getDropped()`. */
      dropped: number;
    },
  ];
  /** The connection is closed for good. `error` is undefined after `close()` and `drain()`. */
  close: [error: Error | undefined, info: CloseInfo];
}

/** The name of an event of a connection. */
export type EventName = keyof ConnectionEvents;

/** The names of the events, for those who like constants. */
export const Events = {
  State: "state",
  Connect: "connect",
  Disconnect: "disconnect",
  Reconnecting: "reconnecting",
  AttemptFailed: "attemptFailed",
  Reconnect: "reconnect",
  Move: "move",
  Standby: "standby",
  Failback: "failback",
  Partition: "partition",
  Update: "update",
  LameDuck: "lameDuck",
  ServerInfo: "serverInfo",
  Error: "error",
  MessageLost: "messageLost",
  Overflow: "overflow",
  Buffer: "buffer",
  SlowConsumer: "slowConsumer",
  Close: "close",
} as const satisfies Record<string, EventName>;

/** A listener of an event: it gets what the event tells. What it throws is told by the `error` event, and harms nobody. */
export type Listener<E extends EventName> = (...args: ConnectionEvents[E]) => void;
type AnyListener = (...args: unknown[]) => unknown;

interface Entry {
  readonly name: EventName;
  readonly listener: AnyListener;
  readonly once: boolean;
}

const NOBODY: readonly Entry[] = [];

/** Whose events they are. */
export interface EmitterHost {
  /** What `diagnostics_channel` is told with every event. */
  readonly connection?: unknown;
  /** A listener has failed. */
  listenerFailed(name: EventName, cause: unknown): void;
}

/**
 * Typed listeners. One that throws, or returns a promise that rejects, harms nobody: the failure goes to
 * the host, and the other listeners are called all the same. Nobody has to listen, also not to `error`.
 */
export class Emitter {
  /** Replaced, never changed: whoever goes through it sees it as it was. */
  private listeners: readonly Entry[] = NOBODY;
  private readonly host: EmitterHost;

  constructor(host: EmitterHost) {
    this.host = host;
  }

  add<E extends EventName>(name: E, listener: Listener<E>, once: boolean): void {
    this.listeners = [...this.listeners, { name, listener: listener as AnyListener, once }];
  }

  remove<E extends EventName>(name: E, listener: Listener<E>): void {
    const found = this.listeners.find((entry) => entry.name === name && entry.listener === listener);
    if (found !== undefined) this.take(found);
  }

  /** Whether it was still there. */
  private take(entry: Entry): boolean {
    const { listeners } = this;
    const at = listeners.indexOf(entry);
    if (at === -1) return false;
    this.listeners = listeners.length === 1 ? NOBODY : listeners.toSpliced(at, 1);
    return true;
  }

  has(name: EventName): boolean {
    return channelOf(name).hasSubscribers || this.listeners.some((entry) => entry.name === name);
  }

  emit<E extends EventName>(name: E, ...args: ConnectionEvents[E]): void {
    const channel = channelOf(name);
    if (channel.hasSubscribers) channel.publish({ connection: this.host.connection, args });
    for (const entry of this.listeners) {
      if (entry.name !== name) continue;
      // One that was called already, because a listener before it has brought the event about again, is not there any more.
      if (entry.once && !this.take(entry)) continue;
      try {
        const result = entry.listener(...args);
        if (isThenable(result))
          Promise.resolve(result).catch((cause) => this.host.listenerFailed(name, cause));
      } catch (cause) {
        this.host.listenerFailed(name, cause);
      }
    }
  }
}
