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
  /** What the subjects of inboxes begin with. */
  private readonly inboxes: string;
  private readonly engine: Engine;
  private readonly reporter: Reporter;

  constructor(engine: Engine, clock: Clock, publisher: Responder, reporter: Reporter, settings: Settings) {
    this.engine = engine;
    this.clock = clock;
    this.publisher = publisher;
    this.reporter = reporter;
    this.pendingLimit = settings.pendingLimit;
    this.resubscribes = settings.options.resubscribeOnPermission ?? false;
    this.inboxes = `${settings.options.inboxPrefix ?? "_INBOX"}.`;
  }

  /** @throws CodedError, see `Connection.subscribe` */
  subscribe(subject: string, options: SubscriptionOptions): Subscription {
    const { queue, max, resubscribe = this.resubscribes } = checkSubscription(callOptions(options));
    const subscription = new Subscription(this, options);
    return subscription.attach(this.engine.subscribe(subject, queue, max, subscription, resubscribe));
  }

  /** Drains all; settles when what they have got so far has been handled. */
  drainAll(): Promise<void> {
    return drain(this.engine.subscriptions.all);
  }

  /** The same, but for those where answers come in. */
  drainAllButInboxes(): Promise<void> {
    const all = [...this.engine.subscriptions.all];
    return drain(all.filter(({ subject }) => !subject.startsWith(this.inboxes)));
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

async function drain(entries: Iterable<SubscriptionEntry>): Promise<void> {
  const sinks = [...entries].map((entry) => entry.sink);
  const own = sinks.filter((sink) => sink instanceof Subscription);
  await Promise.all(own.map((subscription) => subscription.drain()));
}
