import type { LostMessage } from "../core/events.js";
import type { ServerInfo } from "../interop/nats-core.js";
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
  from: ConnectionState;
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
  /** Why the attempt before this one failed. */
  error: Error | undefined;
  /** Messages that were on the link of that attempt and will not be written again (requests, at-most-once). */
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
  /** Messages that are written again. */
  replayed: number;
}

/** What the `close` event tells. */
export interface CloseInfo {
  /** Messages that were accepted and never left. */
  dropped: number;
  /** Messages that were on the way without a confirmation. */
  unconfirmed: number;
}

/** The events of a connection and the arguments of their listeners. */
export interface ConnectionEvents {
  /** Every change of state. */
  state: [change: StateChange];
  /** The first link stands. */
  connect: [info: { server: string }];
  /** A link that stood is gone; once per outage. `error` is undefined when it was left on purpose. */
  disconnect: [error: Error | undefined, info: DisconnectInfo];
  /** Each attempt, and each wait, of an outage. */
  reconnecting: [info: ReconnectingInfo];
  /** A link stands again, subscriptions are in place, the replay is being written; once per outage. */
  reconnect: [info: ReconnectInfo];
  /** The cluster has told of servers that came or went. */
  update: [change: { added: string[]; deleted: string[] }];
  /** The server is about to shut down. */
  lameDuck: [info: { server: string }];
  /** INFO of the server, at every connect and when it changes. */
  serverInfo: [info: ServerInfo];
  /** Something went wrong that has no caller: the server's `-ERR`, a failing callback. */
  error: [error: Error];
  /** Messages that were accepted and given up, in batches (promises.md: *dropped*). */
  messageLost: [messages: LostMessage[]];
  /** More messages wait in a subscription than its `slow` option bears; once per episode. */
  slowConsumer: [info: { subscription: Subscription; pending: number }];
  /** The connection is closed for good. `error` is undefined after `close()` and `drain()`. */
  close: [error: Error | undefined, info: CloseInfo];
}

export type EventName = keyof ConnectionEvents;
export type Listener<E extends EventName> = (...args: ConnectionEvents[E]) => void;
type AnyListener = (...args: unknown[]) => unknown;

/**
 * Typed listeners. One that throws, or returns a promise that rejects, harms nobody: the failure goes to
 * `failed`, and the other listeners are called all the same. Nobody has to listen, also not to `error`.
 */
export class Emitter {
  private readonly listeners = new Map<EventName, { listener: AnyListener; once: boolean }[]>();
  private readonly failed: (name: EventName, cause: unknown) => void;

  constructor(failed: (name: EventName, cause: unknown) => void) {
    this.failed = failed;
  }

  add<E extends EventName>(name: E, listener: Listener<E>, once: boolean): void {
    const list = this.listeners.get(name) ?? [];
    this.listeners.set(name, [...list, { listener: listener as AnyListener, once }]);
  }

  remove<E extends EventName>(name: E, listener: Listener<E>): void {
    const list = this.listeners.get(name) ?? [];
    const at = list.findIndex((entry) => entry.listener === (listener as AnyListener));
    if (at !== -1) this.listeners.set(name, list.toSpliced(at, 1));
  }

  has(name: EventName): boolean {
    return (this.listeners.get(name)?.length ?? 0) > 0;
  }

  emit<E extends EventName>(name: E, ...args: ConnectionEvents[E]): void {
    for (const entry of this.listeners.get(name) ?? []) {
      if (entry.once) this.remove(name, entry.listener as unknown as Listener<E>);
      try {
        const result = entry.listener(...args);
        if (isThenable(result)) Promise.resolve(result).catch((cause) => this.failed(name, cause));
      } catch (cause) {
        this.failed(name, cause);
      }
    }
  }
}
