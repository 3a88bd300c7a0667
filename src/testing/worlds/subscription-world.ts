import { DEFAULT_LIMIT, type Limit } from "../../client/pending-limit.js";
import { Subscription, type SubscriptionHost } from "../../client/subscription.js";
import type { SubscriptionOptions } from "../../client/subscription-options.js";
import type { SubscriptionEntry } from "../../core/subscriptions.js";
import { systemClock } from "../../io/clock.js";

/** After all that is due has happened. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A connection that the test plays: nothing ends before it says so. */
export class SubscriptionHostDouble implements SubscriptionHost {
  readonly clock = systemClock;
  readonly reports: Error[] = [];
  readonly slow: { pending: number; dropped: number }[] = [];
  pendingLimit: Limit = DEFAULT_LIMIT;
  /** Called when a subscription is told to be slow. */
  onSlow = (): void => {};
  readonly asked: string[] = [];
  readonly published: unknown[] = [];
  readonly publisher = {
    publish: (...args: unknown[]): boolean => {
      this.published.push(args);
      return true;
    },
  };
  moveSubscription(entry: SubscriptionEntry, subject: string, max?: number): void {
    entry.subject = subject;
    this.asked.push(`move ${subject} ${max}`);
  }
  unsubscribe(_entry: SubscriptionEntry, max?: number): void {
    this.asked.push(`unsubscribe ${max}`);
  }
  closed = false;
  isClosed(): boolean {
    return this.closed;
  }
  drainSubscription(entry: SubscriptionEntry): void {
    entry.draining = true;
    this.asked.push("drain");
  }
  report(error: Error): void {
    this.reports.push(error);
  }
  slowConsumer(_subscription: Subscription, pending: number, dropped: number): void {
    this.slow.push({ pending, dropped });
    this.onSlow();
  }
}

/** A subscription to `a.b`, and what is around it. */
export function subscriptionWorld(options: SubscriptionOptions = {}) {
  const host = new SubscriptionHostDouble();
  const subscription = new Subscription(host, options);
  const entry: SubscriptionEntry = {
    sid: 3,
    subject: "a.b",
    queue: undefined,
    sink: subscription,
    max: undefined,
    received: 0,
    base: 0,
    owesUnsub: false,
    draining: false,
    resubscribe: false,
    refused: false,
    crossing: undefined,
  };
  subscription.attach(entry);
  const deliver = (...payloads: string[]) => {
    for (const payload of payloads) {
      const buf = Buffer.from(`a.br${payload}`);
      entry.received++;
      subscription.onMessage(buf, 0, 3, 3, 4, 4, 4, buf.length);
    }
  };
  /** The same, with the sum that holds at every instant. */
  const counted = (...payloads: string[]) => {
    for (const payload of payloads) {
      deliver(payload);
      check();
    }
  };
  const check = () => {
    const sum = subscription.getProcessed() + subscription.getPending() + subscription.getDropped();
    if (sum !== subscription.getReceived())
      throw new Error(`the sum does not hold: ${JSON.stringify(subscription)}`);
  };
  return { host, subscription, entry, deliver, counted, check };
}

/** Whether the promise has settled by now. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(
    () => {
      done = true;
    },
    () => {
      done = true;
    },
  );
  await turn();
  return done;
}
