import { toConnections } from "../../checks/connections.js";
import { describeCause } from "../../errors.js";
import type { Connection } from "../../index.js";
import { Exits } from "./exits.js";
import { type ShutdownOptions, toShutdownSettings } from "./options.js";
import { ProcessShutdown } from "./process-shutdown.js";
import type { ShutdownReport } from "./report.js";

/** A shutdown that waits for its signal, or is under way. */
export interface Shutdown extends Disposable {
  /**
   * Begins it, if it has not begun yet; settles when it has ended, and never rejects. Call it without awaiting or returning it in a handler, a
   * callback or a request of a server: the shutdown waits for those.
   *
   * @param reason why, for readiness, logs and the report: it may be read by everybody. Default `"begin()"`
   */
  begin(reason?: string): Promise<ShutdownReport>;
  /** Aborted when it begins: for loops, timers, and streams of HTTP that would go on until they are cut off. */
  readonly signal: AbortSignal;
  /** Settles when it has ended, just before the process does; never rejects. */
  readonly done: Promise<ShutdownReport>;
  /** Listens to signals no more: what has begun goes on to its end, what has not, never begins by itself. */
  [Symbol.dispose](): void;
}

const exits = new Exits(process);

/**
 * Ends the process in order when a signal comes: readiness off, `before`, `delay`; servers, components and subscriptions take no more work and finish what
 * they have; connections are drained; `after`; exit code. All of it within `timeout`, also in an outage, or with handlers that hang: what is left then
 * is reported. See `docs/service/shutdown.md`.
 *
 * Waiting for a signal does not keep the process alive. A connection that is closed by an error begins nothing.
 *
 * @param nc the connection, or an array of connections: they share one deadline
 * @throws an error with code `INVALID_ARGUMENT` (no connection, none at all, the same one twice), `INVALID_OPTION`
 */
export function gracefulShutdown(
  nc: Connection | readonly Connection[],
  options?: ShutdownOptions,
): Shutdown {
  const settings = toShutdownSettings(options);
  const shutdown = new ProcessShutdown(toConnections(nc), settings, exits);
  return {
    begin: (reason) => shutdown.begin(reason === undefined ? "begin()" : describeCause(reason)),
    signal: shutdown.signal,
    done: shutdown.done,
    [Symbol.dispose]: () => shutdown.dispose(),
  };
}
