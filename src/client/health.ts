import type { Cause } from "../core/cause.js";
import type { Engine } from "../core/engine.js";
import type { ConnectionState } from "./events.js";
import { type Buffered, bufferedOf, type ConnectionStats, statsOf } from "./facts.js";

/** How a connection is, at one glance: what a health endpoint answers. */
export interface Health {
  /** `"healthy"` while there is a connection, and no drain or close is under way. */
  status: "healthy" | "unhealthy";
  /** Whether a link stands. */
  connected: boolean;
  /** The state of the connection, also `draining`. */
  state: ConnectionState;
  /** Whether `publish()` takes messages, limits aside: not in the last part of a drain, in a close, and behind it. */
  accepting: boolean;
  /** `host:port` of the server; empty when there is no connection. */
  server: string;
  /** Attempts in this outage, or of the first connect; 0 when connected. */
  reconnectAttempts: number;
  /** Outages that have ended. */
  reconnectCount: number;
  /** When a link came to stand last, ms since the epoch; undefined when none ever did. */
  lastConnectedAt: number | undefined;
  /** When a link was lost last, ms since the epoch; undefined when none was. */
  lastDisconnectedAt: number | undefined;
  /** Text of the last error of link or attempt; undefined when there was none. */
  lastError: string | undefined;
  /** Why the link was lost last, or the last attempt failed. */
  lastCause: Cause | undefined;
  /** What is accepted and not confirmed. */
  buffer: Buffered;
  /** The last round trip that was measured on this link, ms; undefined when there is no connection. */
  rtt: number | undefined;
  /** Counters since the connection was made. */
  stats: ConnectionStats;
}

/** What the reporter has seen, of what an engine does not keep. */
export interface Seen {
  readonly lastError: Error | undefined;
  readonly lastCause: Cause | undefined;
  readonly lastConnectedAt: number | undefined;
  readonly lastDisconnectedAt: number | undefined;
}

/** Looks at a connection, without a round trip. */
export function healthOf(engine: Engine, state: ConnectionState, seen: Seen, now: number): Health {
  const { session } = engine;
  const { connected } = session;
  const accepting = !engine.intake.finishing && state !== "closed";
  return {
    status: connected && state === "connected" && accepting ? "healthy" : "unhealthy",
    connected,
    state,
    accepting,
    server: connected ? (session.active?.server.address.listen ?? "") : "",
    reconnectAttempts: connected ? 0 : session.attemptCount,
    reconnectCount: session.reconnects,
    lastConnectedAt: seen.lastConnectedAt,
    lastDisconnectedAt: seen.lastDisconnectedAt,
    lastError: seen.lastError?.message,
    lastCause: seen.lastCause,
    buffer: bufferedOf(engine, now),
    rtt: connected ? session.rtt : undefined,
    stats: statsOf(engine),
  };
}
