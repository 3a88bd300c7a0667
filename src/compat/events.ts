import { Events as Own } from "../index.js";

/**
 * What `nc.status()` and `nc.on()` tell of: the names of `nats` 2 (`Disconnect`, `Reconnect`, `Update`, `LDM`,
 * `Error`), and beside them Holdfast's own for `nc.on()`.
 */
export const Events = {
  ...Own,
  /** The server is about to shut down. */
  LDM: "ldm",
} as const;
export type Events = (typeof Events)[keyof typeof Events];

/** What `nc.status()` and `nc.on()` tell beside that. */
export const DebugEvents = {
  /** An attempt to connect again. */
  Reconnecting: "reconnecting",
  /** A PING was sent; `data` is how many wait for their PONG. */
  PingTimer: "pingTimer",
  /** There was no sign of life in time. */
  StaleConnection: "staleConnection",
  /** `nc.reconnect()` was called. */
  ClientInitiatedReconnect: "client initiated reconnect",
} as const;
export type DebugEvents = (typeof DebugEvents)[keyof typeof DebugEvents];
