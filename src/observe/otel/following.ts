import type { Context } from "@opentelemetry/api";
import type { ReceivedMessage } from "./incoming.js";
import type { Tracing } from "./tracing.js";

/** By whom a message is handled that {@link FOLLOW} is asked for. */
export interface FollowedBy {
  /** Queue group of the subscription, or name of the consumer. */
  readonly group: string | undefined;
  /** Subject of the subscription, with its wildcards. */
  readonly subscription: string | undefined;
}

/** The handling of a message by `handle()` or `consume()`, from its begin to its end, whatever lies between. */
export interface Following {
  run<R>(part: () => R): R;
  also(msg: ReceivedMessage): void;
  tryFailed(error: Error): void;
  end(error: Error | undefined): void;
}

/** Where `handle()` and `consume()` of `holdfast/service` look for who follows their messages; on a callback: that they do so. */
export const FOLLOW: unique symbol = Symbol.for("holdfast.follow");

/** A connection that can be asked to follow messages. */
export interface Followable {
  [FOLLOW]?: (msg: ReceivedMessage, by: FollowedBy) => Following | undefined;
}

/** One that has a span. */
export class MessageFollowing implements Following {
  private readonly tracing: Tracing;
  private readonly context: Context;
  private readonly onAlso: (msg: ReceivedMessage) => void;
  private readonly onTryFailed: (error: Error) => void;
  private readonly onEnd: (error: Error | undefined) => void;
  private isOver = false;

  constructor(
    tracing: Tracing,
    context: Context,
    onAlso: (msg: ReceivedMessage) => void,
    onTryFailed: (error: Error) => void,
    onEnd: (error: Error | undefined) => void,
  ) {
    this.tracing = tracing;
    this.context = context;
    this.onAlso = onAlso;
    this.onTryFailed = onTryFailed;
    this.onEnd = onEnd;
  }

  run<R>(part: () => R): R {
    return this.tracing.within(this.context, part);
  }

  also(msg: ReceivedMessage): void {
    if (!this.isOver) this.onAlso(msg);
  }

  tryFailed(error: Error): void {
    if (!this.isOver) this.onTryFailed(error);
  }

  end(error: Error | undefined): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onEnd(error);
  }
}

/** One that has none, and must not run in the context of another message: that may have set the timer, or have had the place. */
export function unfollowed(tracing: Tracing): Following {
  return {
    run: (part) => tracing.within(tracing.api.ROOT_CONTEXT, part),
    also() {},
    tryFailed() {},
    end() {},
  };
}
