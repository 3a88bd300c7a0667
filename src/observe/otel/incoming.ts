import type { Attributes, Context, Link, Span } from "@opentelemetry/api";
import type { Connection, HoldfastSubscriptionOptions, Msg, MsgHdrs } from "../../index.js";
import { changed } from "./changed.js";
import { FOLLOW, type FollowedBy, type Following, MessageFollowing, unfollowed } from "./following.js";
import { consumerOf, isAckSubject, PROCESS } from "./operations.js";
import type { Tracing } from "./tracing.js";

/** A message that came in: of a subscription, or of a JetStream consumer. */
export interface ReceivedMessage {
  /** The subject that it was published to: names the destination of its span. */
  readonly subject: string;
  /** The payload: its size is an attribute of the span. */
  readonly data: Uint8Array;
  /** Its headers: what they carry of a trace becomes the context of the handling. */
  readonly headers?: MsgHdrs;
  /** Subject to answer to; of a message of JetStream, the one that acknowledges it, by which stream and consumer are known. */
  readonly reply?: string;
}

/** By whom a message is handled. */
interface Handler {
  /** The queue group of the subscription, or the consumer, where that is known. */
  readonly group: string | undefined;
  /** The subject of the subscription, with its wildcards. */
  readonly subscription: string | undefined;
  /** What its context is put into. */
  readonly surrounding: Context;
}

/** The handling of a message that has begun. */
interface Handling {
  readonly span: Span | undefined;
  readonly context: Context;
  readonly destination: string | undefined;
  readonly group: string | undefined;
  readonly startedAt: number;
}

/** The headers of a message; undefined also for those that nobody can read: anyone may have sent it. */
function headersOf(msg: ReceivedMessage): ReceivedMessage["headers"] {
  try {
    return msg.headers;
  } catch {
    return undefined;
  }
}

/** Gives the handling of messages a span, and runs it in the context that the message has brought. */
export class Incoming {
  private readonly tracing: Tracing;
  private readonly subscribeItself: Connection["subscribe"];
  private readonly isInside: () => boolean;
  /** Messages whose handling is followed from outside: they have their span already. */
  private readonly followed = new WeakSet<ReceivedMessage>();
  /** Of all that have no span. */
  private readonly alone: Following;

  /**
   * @param subscribe the call of the connection itself
   * @param isInside whether the connection subscribes for itself now, to the answers of a request
   */
  constructor(tracing: Tracing, subscribe: Connection["subscribe"], isInside: () => boolean) {
    this.tracing = tracing;
    this.subscribeItself = subscribe;
    this.isInside = isInside;
    this.alone = unfollowed(tracing);
  }

  readonly subscribe = (subject: string, options?: HoldfastSubscriptionOptions) => {
    const callback: unknown = options?.callback;
    const isHandler =
      !this.tracing.isStopped &&
      !this.isInside() &&
      typeof callback === "function" &&
      typeof subject === "string" &&
      // handle() says itself when its messages begin and end.
      (callback as { [FOLLOW]?: unknown })[FOLLOW] !== true &&
      // Whoever subscribes to an inbox waits for answers, or is a library that hands out later what comes in.
      !this.tracing.names.isInbox(subject);
    if (!isHandler) return this.subscribeItself(subject, options);
    const { queue } = options!;
    const traced = this.traced(options!.callback!, subject, typeof queue === "string" ? queue : undefined);
    return this.subscribeItself(subject, changed(options, { callback: traced }));
  };

  /** Runs `handle` as the handling of `msg`, within what is active now. */
  process<R>(msg: ReceivedMessage, handle: () => R, queue: string | undefined): R {
    if (this.leaves(msg) || this.followed.has(msg)) return handle();
    return this.run(msg, { group: queue, subscription: undefined, surrounding: this.tracing.active }, handle);
  }

  /** Begins the handling of a message that others carry out; undefined when there is nothing to begin. */
  readonly follow = (msg: ReceivedMessage, { group, subscription }: FollowedBy): Following | undefined => {
    const { tracing, followed } = this;
    if (tracing.isStopped) return undefined;
    const surrounding = tracing.api.ROOT_CONTEXT;
    const handling = this.leaves(msg) ? undefined : this.begin(msg, { group, subscription, surrounding });
    if (handling === undefined) return tracing.carries ? this.alone : undefined;
    followed.add(msg);
    let deliveries: ReceivedMessage[] | undefined;
    return new MessageFollowing(
      tracing,
      handling.context,
      (again) => {
        followed.add(again);
        deliveries ??= [];
        deliveries.push(again);
      },
      (error) => tracing.spans.note(handling.span, error),
      (error) => {
        followed.delete(msg);
        for (const again of deliveries ?? []) followed.delete(again);
        this.over(handling, error);
      },
    );
  };

  private traced(
    callback: (error: Error | null, msg: Msg) => unknown,
    subscription: string,
    queue: string | undefined,
  ): (error: Error | null, msg: Msg) => unknown {
    // What is active when a message comes in is what was active when the connection was made: it has nothing to do with it.
    const handler = { group: queue, subscription, surrounding: this.tracing.api.ROOT_CONTEXT };
    return (error, msg) => {
      if (error !== null || this.leaves(msg)) return callback(error, msg);
      // Its package hands it out later, to a handler whose span `process()` makes.
      if (isAckSubject(msg.reply ?? "")) return callback(error, msg);
      return this.run(msg, handler, () => callback(error, msg));
    };
  }

  private run<R>(msg: ReceivedMessage, handler: Handler, handle: () => R): R {
    const handling = this.begin(msg, handler);
    if (handling === undefined) return handle();
    const over = (error?: unknown) => this.over(handling, error);
    try {
      const result = this.tracing.within(handling.context, handle);
      if (!isThenable(result)) {
        over();
        return result;
      }
      // Ours is followed from here on: one of a foreign kind may do its work each time that it is asked for its result.
      const followed = Promise.resolve(result).then(
        (value) => {
          over();
          return value;
        },
        (error) => {
          over(error ?? NO_REASON);
          throw error;
        },
      );
      return followed as R;
    } catch (error) {
      over(error ?? NO_REASON);
      throw error;
    }
  }

  private begin(msg: ReceivedMessage, handler: Handler): Handling | undefined {
    const { tracing } = this;
    try {
      if (!tracing.wants(msg.subject, "process")) return undefined;
      return this.begun(msg, handler);
    } catch (cause) {
      tracing.troubles.tell("a span", cause);
      return undefined;
    }
  }

  /** Whether a message is handled as if nothing was there: cheap, for it is asked for each. */
  private leaves(msg: ReceivedMessage): boolean {
    const { tracing } = this;
    if (tracing.isStopped) return true;
    if (!tracing.spans.isIdle || tracing.durations !== undefined) return false;
    return !tracing.carries || !tracing.carrier.reads || headersOf(msg) === undefined;
  }

  private begun(msg: ReceivedMessage, by: Handler): Handling {
    const { subscription, surrounding } = by;
    const { tracing } = this;
    const { spans, names, durations } = tracing;
    const attributes = spans.attributesOf(PROCESS);
    const destination = names.describe(attributes, msg.subject, names.isInbox(msg.subject));
    const reply = msg.reply ?? "";
    const consumer = isAckSubject(reply) ? consumerOf(reply)?.consumer : undefined;
    const group = consumer ?? by.group;
    if (group !== undefined) attributes["messaging.consumer.group.name"] = group;
    if (names.shown && subscription !== undefined)
      attributes["messaging.destination.subscription.name"] = subscription;
    const isAsked = reply !== "" && consumer === undefined;
    if (names.shown && isAsked) attributes["messaging.message.conversation_id"] = reply;
    const { parent, links } = this.origin(msg, surrounding);
    const span = spans.start({ operation: PROCESS, destination, attributes, links }, parent);
    spans.add(span, () => detailsOf(msg));
    const within = span === undefined ? parent : tracing.api.trace.setSpan(parent, span);
    return {
      span,
      context: isAsked ? tracing.withReplySubject(within, reply) : within,
      destination,
      group,
      startedAt: durations === undefined ? 0 : performance.now(),
    };
  }

  /** What the span is a child of, and what it is linked to: see option `parent`. */
  private origin(msg: ReceivedMessage, surrounding: Context): { parent: Context; links: Link[] | undefined } {
    const { api, carrier, settings, troubles } = this.tracing;
    if (!this.tracing.carries) return { parent: surrounding, links: undefined };
    const outer = api.trace.getSpan(surrounding);
    let brought = surrounding;
    try {
      brought = carrier.read(api.trace.deleteSpan(surrounding), msg.headers);
    } catch (cause) {
      troubles.tell("the propagator", cause);
    }
    const sender = carrier.spanOf(brought);
    if (sender === undefined || brought === surrounding) {
      // Baggage may come without a span.
      return { parent: outer === undefined ? brought : api.trace.setSpan(brought, outer), links: undefined };
    }
    const links: Link[] = [{ context: sender }];
    if (settings.parent === "link") {
      const alone = api.trace.deleteSpan(brought);
      return { parent: outer === undefined ? alone : api.trace.setSpan(alone, outer), links };
    }
    const around = carrier.spanOf(surrounding);
    if (around !== undefined) links.push({ context: around });
    return { parent: brought, links };
  }

  private over({ span, destination, group, startedAt }: Handling, error: unknown): void {
    const { spans, durations } = this.tracing;
    durations?.processed(destination, group, startedAt, error);
    if (error === undefined) spans.end(span);
    else spans.fail(span, error);
  }
}

/** Stands for `undefined`, which may be thrown as anything else. */
const NO_REASON = "undefined";

function detailsOf({ data, headers }: ReceivedMessage): Attributes {
  const details: Attributes = { "messaging.message.body.size": data.length };
  const id = headers?.get("Nats-Msg-Id") ?? "";
  if (id !== "") details["messaging.message.id"] = id;
  return details;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
