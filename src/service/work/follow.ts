import type { Connection, MsgHdrs } from "../../index.js";

/** A message whose handling may be followed. */
export interface FollowedMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs | undefined;
  readonly reply?: string | undefined;
}

/** By whom a message is handled. */
export interface FollowedBy {
  /** Queue group of the subscription, or name of the consumer. */
  readonly group: string | undefined;
  /** Subject of the subscription, with its wildcards; undefined where there is none that says anything. */
  readonly subscription: string | undefined;
}

/** The handling of one message, as it is followed by what instruments the connection: with a span, in the context that the message has brought. */
export interface Following {
  /** Runs a part of it, also one that begins with a timer or at the end of another message. Returns and throws as `part` does. */
  run<R>(part: () => R): R;
  /** The same message, as it has come once more: further tries are handed this one. */
  also(msg: FollowedMessage): void;
  /** A try has failed, and there will be another one here. */
  tryFailed(error: Error): void;
  /** It is over; `error` is why the message was not handled. The first call counts. */
  end(error: Error | undefined): void;
}

/**
 * Where a connection has the function that follows the handling of messages, when it is instrumented. `holdfast/observe/otel` has the same symbol: the
 * two know nothing else of each other.
 */
const FOLLOW: unique symbol = Symbol.for("holdfast.follow");

interface Followable {
  readonly [FOLLOW]?: (msg: FollowedMessage, by: FollowedBy) => Following | undefined;
}

/** Begins to follow the handling of a message; undefined when nobody does. */
export function follow(nc: Connection, msg: FollowedMessage, by: FollowedBy): Following | undefined {
  return (nc as Followable)[FOLLOW]?.(msg, by);
}

/** Says of the callback of a subscription that its messages are followed by {@link follow}, and not from its call to its return. */
export function followsItself<F extends object>(callback: F): F {
  return Object.defineProperty(callback, FOLLOW, { value: true });
}
