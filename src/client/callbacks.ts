import type { Connection } from "./connection.js";
import type { ConnectionEvents, EventName } from "./events.js";

/** A listener given as an option: it gets what the event's listeners get, and then the connection. */
export type EventCallback<E extends EventName> = (
  ...args: [...args: ConnectionEvents[E], nc: Connection]
) => unknown;

/** Listeners that are in place before the first attempt, with the names that nats.go's users know. */
export interface CallbackOptions {
  /** The first link stands (event `connect`). */
  connectedCb?: EventCallback<"connect">;
  /** The connection is closed for good (event `close`). */
  closedCb?: EventCallback<"close">;
  /** A link that stood is gone (event `disconnect`). */
  disconnectedCb?: EventCallback<"disconnect">;
  /** A link stands again (event `reconnect`). */
  reconnectedCb?: EventCallback<"reconnect">;
  /** An attempt has failed, the first ones too (event `attemptFailed`). */
  reconnectErrCb?: EventCallback<"attemptFailed">;
  /** The cluster has told of servers that came or went (event `update`). */
  discoveredServersCb?: EventCallback<"update">;
  /** Something went wrong that has no caller (event `error`). */
  asyncErrorCb?: EventCallback<"error">;
  /** The server is about to shut down (event `lameDuck`). */
  lameDuckCb?: EventCallback<"lameDuck">;
}

const EVENTS = {
  connectedCb: "connect",
  closedCb: "close",
  disconnectedCb: "disconnect",
  reconnectedCb: "reconnect",
  reconnectErrCb: "attemptFailed",
  discoveredServersCb: "update",
  asyncErrorCb: "error",
  lameDuckCb: "lameDuck",
} as const satisfies Record<keyof CallbackOptions, EventName>;

/** Names of the callback options. */
export const CALLBACKS = Object.keys(EVENTS) as (keyof CallbackOptions)[];

/** Makes listeners of the callback options. */
export function listenWithCallbacks(nc: Connection, options: CallbackOptions): void {
  for (const name of CALLBACKS) {
    const callback = options[name] as ((...args: unknown[]) => unknown) | undefined;
    if (callback !== undefined) nc.on(EVENTS[name], ((...args: unknown[]) => callback(...args, nc)) as never);
  }
}
