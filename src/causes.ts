import type { ErrorCode } from "./errors.js";

/** What kind of thing ended a link, an attempt, or the connection. */
export type CauseKind =
  /** The application did it: `close()`, `drain()`, `reconnect()`, `setServers()`; or one of its callbacks has failed. */
  | "client"
  /** The way to the server: reset, unreachable, no route, a name that does not resolve; ended before the server said a word. */
  | "network"
  /** Nobody listens at the address. */
  | "refused"
  /** The server closed the connection without a word: it was stopped, restarted, or has removed us. */
  | "server-shutdown"
  /** The server had said that it would shut down. */
  | "lame-duck"
  /** No sign of life in time, seen by us or by the server. */
  | "stale"
  /** The server could not hand over what it had for us: it said so, or has closed without a word while more came in than could be taken. */
  | "slow-consumer"
  /** The server has no room: connections, throttling. */
  | "overload"
  /** Credentials: violation, expired, revoked; or the authenticator failed. */
  | "authentication"
  /** TLS could not be set up with the server. */
  | "tls"
  /** One side does not understand the other. */
  | "protocol"
  /** A message over the server's `max_payload`. */
  | "payload"
  /** This process did not run for so long that the server gave it up, or that an attempt ran out of time. */
  | "local-stall"
  /** The server gave a reason that is not known. */
  | "unknown";

/** Why a link was lost, an attempt failed, or the connection was closed. */
export interface Cause {
  /** What kind of thing it was. */
  kind: CauseKind;
  /** The error's code; `CLOSE` or `RECONNECT` for what the application did. */
  code: ErrorCode | "CLOSE" | "RECONNECT";
  /** One sentence. */
  message: string;
  /** What it was concluded from, a fact each. */
  evidence: string[];
  /**
   * What to do, the most likely first: each a sentence that names the option of this client, or the setting of the server. Empty
   * where the application has done what it wanted: `close()`, `drain()`, `reconnect()`.
   */
  advice: string[];
  /** The page of the guide about this kind, as it lies in the package: `docs/causes/lame-duck.md`. */
  docs: string;
}
