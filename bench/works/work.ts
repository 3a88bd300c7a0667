/** What a client does in a measurement; each kind has a file of its own beside this. */
export type Work =
  | PublishWork
  | ReceiveWork
  | HandleWork
  | PassWork
  | RequestWork
  | ConfirmWork
  | ResubscribeWork
  | ReplayWork
  | ConnectionsWork
  | OutboxAlwaysWork
  | OutboxReplayWork
  | OutboxIdleWork
  | LatencyWork
  | DoublingWork
  | RecoveryWork;

/** What all have. */
interface Common {
  /** Name of the step of a case that has several; the others have one without a name. */
  readonly step?: string;
}

/** Publishes as fast as it can, until all is confirmed. */
export interface PublishWork extends Common {
  readonly kind: "publish";
  /** Bytes of a payload. */
  readonly size: number;
  /** Subjects in turns; default 1. */
  readonly subjects?: number;
  readonly headers?: boolean;
  /** It is measured for so many times as long as usual; default 1. */
  readonly times?: number;
}

/** Reads what another process publishes. */
export interface ReceiveWork extends Common {
  readonly kind: "receive";
  /**
   * It is published meanwhile, so that the server is the limit. Default: the server holds it all before anything is read, so that the client is.
   */
  readonly live?: boolean;
  readonly size: number;
  readonly by: "callback" | "iterator";
  readonly headers?: boolean;
  /** Subscriptions that the messages go to in turns; default 1. */
  readonly subscriptions?: number;
}

/** Reads documents, with `handle()` of holdfast/service and with a callback; each returns a promise for every message. */
export interface HandleWork extends Common {
  readonly kind: "handle";
  readonly size: number;
  readonly by: "callback" | "handle" | "callback without decoding" | "handle without decoding";
}

/** Publishes over one link and receives over another: one to one through the server. */
export interface PassWork extends Common {
  readonly kind: "pass";
  readonly size: number;
}

/** Asks a responder in another process, which is the same for all. */
export interface RequestWork extends Common {
  readonly kind: "request";
  readonly size: number;
  readonly inFlight: number;
}

/** Waits for the confirmation of every message by itself. */
export interface ConfirmWork extends Common {
  readonly kind: "confirm";
  readonly size: number;
  readonly inFlight: number;
}

/** Loses its link and has so many subscriptions again. */
export interface ResubscribeWork extends Common {
  readonly kind: "resubscribe";
  readonly subscriptions: number;
}

/** Comes back with so many bytes of messages to write again. */
export interface ReplayWork extends Common {
  readonly kind: "replay";
  readonly bytes: number;
  readonly size: number;
}

/** Holds so many connections in one process, each of which has published and received. */
export interface ConnectionsWork extends Common {
  readonly kind: "connections";
  readonly count: number;
  /** Look at what they cost while they do nothing, which takes a while. Default: not. */
  readonly idle?: boolean;
}

/** So many callers store messages in an outbox on disk, each one after the other. */
export interface OutboxAlwaysWork extends Common {
  readonly kind: "outbox-always";
  readonly size: number;
  readonly callers: number;
}

/** Connects with so many bytes of messages in an outbox on disk, or publishes them then. */
export interface OutboxReplayWork extends Common {
  readonly kind: "outbox-replay";
  readonly bytes: number;
  readonly size: number;
  readonly by: "outbox" | "publish";
}

/** The arms of {@link OutboxIdleWork}. */
export const IDLE_ARMS = ["without", "with an outbox"] as const;

/** Publishes with an outbox that holds nothing and without one, in turns, in the same process: each arm is a step. */
export interface OutboxIdleWork extends Common {
  readonly kind: "outbox-idle";
  readonly size: number;
}

/** Publishes so many messages a second, each when it is due, whatever became of those before it. */
export interface LatencyWork extends Common {
  readonly kind: "latency";
  readonly size: number;
  readonly perSecond: number;
}

/** Does a work and twice as much of it, for every kind of work in turn. */
export interface DoublingWork extends Common {
  readonly kind: "doubling";
}

/** Loses its server to SIGKILL, in a cluster of three. */
export interface RecoveryWork extends Common {
  readonly kind: "recovery";
  /** How long the link has been up when its server is killed, ms. */
  readonly linkAge: number;
}

/**
 * A young generation in which every operation of `DoublingWork` fits twice over. With the usual one the first collection falls into the
 * larger half alone, and what it costs to copy all that waits is told as a square.
 */
export const ROOMY = "--max-semi-space-size=128";

/** Connections that are made before all others, so that what the first one loads and compiles is not counted. */
export const WARM_CONNECTIONS = 100;

/** Milliseconds of a usual measurement. */
export const USUAL_MS = 250;

/**
 * Warming up takes so many times as long as a measurement: until then functions are still compiled, and chunks touched for the first
 * time. The measurement follows without a pause, and without a collection, behind which everything is a third slower for a while.
 */
export const WARM_TIMES = 4;

/** The same for what the server has to hold before it is read: it does not hold more. */
export const WARM_PART = 0.6;

/** Less of what goes by number when a measurement is shorter than usual, but never less than `least`. */
export function scaled(count: number, ms: number, least = 1): number {
  return Math.max(least, Math.round(count * Math.min(1, ms / USUAL_MS)));
}
