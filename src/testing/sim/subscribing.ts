import { CodedError } from "../../errors.js";
import type { Client } from "./client.js";
import type { Listener } from "./delivery-rules.js";
import { type Reaction, Subscriber } from "./subscriber.js";
import { demand } from "./violation.js";

/** The subscriptions of the application: its commands, and what is checked when they are given. */
export class Subscribing {
  private readonly client: Client;
  /** By sid. */
  readonly all = new Map<number, Subscriber>();

  constructor(client: Client) {
    this.client = client;
  }

  subscribe(subject: string, queue: string | undefined, max: number | undefined): Subscriber | undefined {
    const { client } = this;
    const { delivery, turns, engine } = client;
    const react: Reaction = (subscriber) => client.app.message(subscriber);
    const hear = (one: Listener, mark: number) => delivery.hear(one, mark);
    const listener = delivery.listen(subject, queue);
    listener.limited = max !== undefined;
    const subscriber = new Subscriber(subject, queue, max, listener, hear, react, (one, error) => {
      one.goneWith ??= turns.count;
      one.listener.endedAt ??= client.now;
      client.coverage.count("subscription", error === undefined ? "ended" : error.code);
    });
    try {
      subscriber.entry = engine.subscribe(subject, queue, max, subscriber);
    } catch (error) {
      demand(
        error instanceof CodedError && error.code === "CONNECTION_CLOSED" && client.closed,
        "subscribe",
        () => `${error}`,
      );
      return undefined;
    }
    this.all.set(subscriber.entry.sid, subscriber);
    return subscriber;
  }

  unsubscribe(subscriber: Subscriber, max: number | undefined): void {
    if (max !== undefined && max > subscriber.received && !subscriber.ended) subscriber.max = max;
    subscriber.listener.limited ||= max !== undefined;
    this.client.engine.unsubscribe(subscriber.entry, max);
  }

  /** Moves one to another subject, under another number; `max`: messages that it gets there. */
  move(subscriber: Subscriber, subject: string, max: number | undefined): void {
    const { engine, turns, delivery, now } = this.client;
    const { entry, listener, queue } = subscriber;
    const { sid } = entry;
    engine.subscriber.move(entry, subject, max);
    if (entry.sid === sid) return;
    listener.endedAt ??= now;
    const next = delivery.listen(subject, queue);
    next.limited = max !== undefined;
    const left = subscriber.move(subject, next, max);
    left.goneWith = turns.count;
    this.all.set(sid, left);
    this.all.set(entry.sid, subscriber);
  }

  drain(subscriber: Subscriber): void {
    const { engine, turns, now } = this.client;
    subscriber.goneWith ??= turns.count;
    subscriber.listener.endedAt ??= now;
    const down = engine.session.active === undefined;
    engine.drainSubscription(subscriber.entry, now);
    demand(
      !down || subscriber.ended,
      "drain",
      () => `${subscriber} was drained during an outage and has not ended`,
    );
  }
}
