import type { Component, DurableOverflow, OutboxFacts, OverflowMessage } from "../index.js";
import type { OutboxMode } from "./options.js";
import type { OutboxEvents, OutboxListener } from "./outbox-events.js";
import type { OutboxStats } from "./outbox-stats.js";

/** An outbox on disk, as `openOutbox()` opens it: for option `outbox` of one connection at a time. */
export interface Outbox extends DurableOverflow, Component, AsyncDisposable {
  /** What health, metrics and `overflow` events call it. */
  readonly name: string;
  /** Which messages go by it: option `mode`. */
  readonly mode: OutboxMode;
  /** Folder, or what an own store calls itself. */
  readonly path: string;
  /** The outbox's own id, which all its message ids begin with; stays for as long as its folder. */
  readonly id: string;
  /** Whether the connection offers it every message: it holds some, which have to go out first, or takes all, or an outage is longer than `threshold`. */
  readonly engaged: boolean;
  /** Called by the connection at its end, for what it has not sent: see `Overflow.keep()`. False after `close()`, and when it has no room. */
  keep(message: OverflowMessage, maybeDelivered: boolean): boolean;
  /** What it has done since it was opened, and what it holds. */
  stats(): OutboxStats;
  /** What health endpoints, metrics and the dashboard see of it. */
  facts(): OutboxFacts;
  /**
   * Sends what it can while there is a link, until nothing is held; without one, settles when all is on disk. Part of `nc.drain()`. What is not sent stays on disk.
   *
   * @param options.timeout ms after which it settles in any case; default: none, the connection's end settles it
   */
  stop(options?: { timeout?: number }): Promise<void>;
  /**
   * Resolves when nothing is held any more, but for what is parked; at once when nothing is.
   *
   * @param options.timeout ms until it rejects with `TIMEOUT`; default: none. Rejects with `INVALID_OPERATION` when the outbox is closed before.
   */
  empty(options?: { timeout?: number }): Promise<void>;
  /**
   * Writes what is not on disk yet, closes the store and lets others have the folder. Close the connection before: what it publishes later goes straight to the server, ahead of
   * what is held, and into a stream without a message id. Waits for confirmations of what is on its way, 5 s at the most. Rejects with `OUTBOX_FAILED`; a second call gets the same promise.
   */
  close(): Promise<void>;
  /** Adds a listener. @throws an error with code `INVALID_ARGUMENT` */
  on<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this;
  /** Adds a listener that is called once. @throws an error with code `INVALID_ARGUMENT` */
  once<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this;
  /** Removes a listener. */
  off<E extends keyof OutboxEvents>(event: E, listener: OutboxListener<E>): this;
}
