import type { HoldfastSubscription, HoldfastSubscriptionOptions, Msg } from "../index.js";
import { ErrorCode } from "./error-codes.js";
import { asNatsError, toNatsError } from "./errors.js";
import { NatsError } from "./nats-error.js";
import { rethrow, translated, translatedIterator } from "./translate.js";

/** A subscription: what the core gives for messages, and the JetStream API for its own. */
export interface Sub<T> extends AsyncIterable<T> {
  /** Settles when it has ended: with the error that ended it, if one did. */
  readonly closed: Promise<undefined | Error>;
  /** Ends it: now, or after `max` messages in total. */
  unsubscribe(max?: number): void;
  /** Ends it after what the server has sent so far; settles when that has been handled. */
  drain(): Promise<void>;
  /** Whether a drain of it, or of its connection, has begun. */
  isDraining(): boolean;
  /** Whether it has ended: no more messages come in. */
  isClosed(): boolean;
  /** The subject that it is subscribed to, wildcards and all. */
  getSubject(): string;
  /** Messages that came in. */
  getReceived(): number;
  /** Messages that were handled. */
  getProcessed(): number;
  /** Messages that wait. */
  getPending(): number;
  /** Its number on the connection: the sid of the protocol. */
  getID(): number;
  /** Messages in total after which it ends by itself; undefined: it does not. */
  getMax(): number | undefined;
}

/** A subscription of the core. */
export type Subscription = Sub<Msg>;

/** Options of a subscription to messages of a kind. */
export interface SubOpts<T> extends Omit<HoldfastSubscriptionOptions, "callback"> {
  /** Gets each message, and the error that ends the subscription. Without it the subscription is iterated. */
  callback?: (err: NatsError | null, msg: T) => unknown;
}

/** Options of `nc.subscribe()`. */
export type SubscriptionOptions = SubOpts<Msg>;

/** The options as Holdfast takes them: a callback that is told of errors is told of `NatsError`s. */
export function toHoldfastSubscription(options: SubscriptionOptions): HoldfastSubscriptionOptions {
  const { callback, ...rest } = options;
  if (typeof callback !== "function") return options as HoldfastSubscriptionOptions;
  return {
    ...rest,
    // A promise that it returns is waited for, and told of when it rejects.
    callback: (error, msg) => callback(error === null ? null : asNatsError(error), msg) as undefined,
  };
}

/** A subscription that has ended cannot be drained: `nats` 2 has a code of its own for that. */
function closedOr(error: Error & { code?: string }): never {
  if (error.code !== "INVALID_OPERATION") return rethrow(error);
  throw new NatsError(ErrorCode.SubClosed, ErrorCode.SubClosed, error);
}

/** A subscription whose errors are `NatsError`s. */
export class CompatSubscription<T = Msg> implements Sub<T> {
  /** Holdfast's own subscription: `getDropped()`, `pendingLimit`, … */
  readonly holdfast: HoldfastSubscription;
  readonly closed: Promise<undefined | Error>;
  private readonly view: (source: AsyncIterator<Msg>) => AsyncIterator<T>;

  /** @param view what an iteration sees of the messages */
  constructor(
    subscription: HoldfastSubscription,
    view = (source: AsyncIterator<Msg>) => source as AsyncIterator<T>,
  ) {
    this.holdfast = subscription;
    this.view = view;
    this.closed = subscription.closed.then((error) => toNatsError(error) as undefined | Error);
  }

  unsubscribe(max?: number): void {
    translated(() => this.holdfast.unsubscribe(max));
  }

  drain(): Promise<void> {
    return this.holdfast.drain().catch(closedOr);
  }

  /** For `await using`: {@link drain}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  isDraining(): boolean {
    return this.holdfast.isDraining();
  }

  isClosed(): boolean {
    return this.holdfast.isClosed();
  }

  getSubject(): string {
    return this.holdfast.getSubject();
  }

  getReceived(): number {
    return this.holdfast.getReceived();
  }

  getProcessed(): number {
    return this.holdfast.getProcessed();
  }

  getPending(): number {
    return this.holdfast.getPending();
  }

  getID(): number {
    return this.holdfast.getID();
  }

  getMax(): number | undefined {
    return this.holdfast.getMax();
  }

  /** Iterates over the messages. @throws NatsError when there is a callback, or a second reader */
  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.view(translatedIterator(translated(() => this.holdfast[Symbol.asyncIterator]())));
  }
}
