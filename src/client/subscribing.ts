import type { Engine } from "../core/engine.js";
import type { SubscriptionEntry } from "../core/subscriptions.js";
import type { Clock } from "../io/clock.js";
import { callOptions } from "./call-options.js";
import type { Responder } from "./msg.js";
import type { Limit } from "./pending-limit.js";
import type { Reporter } from "./reporter.js";
import type { Settings } from "./settings.js";
import { Subscription, type SubscriptionHost } from "./subscription.js";
import { checkSubscription, type SubscriptionOptions } from "./subscription-options.js";

/** Makes the subscriptions of a connection, and is what they ask. */
export class Subscribing implements SubscriptionHost {
  readonly clock: Clock;
  readonly publisher: Responder;
  readonly pendingLimit: Limit;
  /** What holds for a subscription that says nothing else. */
  private readonly resubscribes: boolean;
  private readonly engine: Engine;
  private readonly reporter: Reporter;

  constructor(engine: Engine, clock: Clock, publisher: Responder, reporter: Reporter, settings: Settings) {
    this.engine = engine;
    this.clock = clock;
    this.publisher = publisher;
    this.reporter = reporter;
    this.pendingLimit = settings.pendingLimit;
    this.resubscribes = settings.options.resubscribeOnPermission ?? false;
  }

  /** @throws CodedError, see `Connection.subscribe` */
  subscribe(subject: string, options: SubscriptionOptions): Subscription {
    const { queue, max, resubscribe = this.resubscribes } = checkSubscription(callOptions(options));
    const subscription = new Subscription(this, options);
    return subscription.attach(this.engine.subscribe(subject, queue, max, subscription, resubscribe));
  }

  /** Drains all; settles when what they have got so far has been handled. */
  async drainAll(): Promise<void> {
    const sinks = [...this.engine.subscriptions.all].map((entry) => entry.sink);
    const own = sinks.filter((sink) => sink instanceof Subscription);
    await Promise.all(own.map((subscription) => subscription.drain()));
  }

  unsubscribe(entry: SubscriptionEntry, max?: number): void {
    this.engine.unsubscribe(entry, max);
  }

  moveSubscription(entry: SubscriptionEntry, subject: string, max: number | undefined): void {
    this.engine.subscriber.move(entry, subject, max);
  }

  isClosed(): boolean {
    return this.engine.session.closed;
  }

  drainSubscription(entry: SubscriptionEntry): void {
    this.engine.drainSubscription(entry, this.clock.now());
  }

  report(error: Error): void {
    this.reporter.error(error);
  }

  slowConsumer(subscription: Subscription, pending: number, dropped: number): void {
    this.reporter.slowConsumer(subscription, pending, dropped);
  }
}
