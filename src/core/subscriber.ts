import type { CodedError } from "../errors.js";
import { subLine, unsubLine } from "../wire/lines.js";
import { checkPattern, checkQueue, checkSubLine } from "../wire/subject.js";
import type { MessageSink, SubscriptionEntry, Subscriptions } from "./subscriptions.js";
import type { Window } from "./window.js";

/** How subscriptions reach the server. */
export interface SubscriberHost {
  /**
   * Sends SUB and UNSUB lines in order with what is published, if there is a link: without one the table is
   * all that is needed.
   */
  sendLines(lines: string): void;
  /** Asks for a PING behind them, one for all of a burst; undefined when there is no link. */
  sendFence(): { window: Window; position: number } | undefined;
}

/** Subscribes, unsubscribes and drains: the commands on the table of subscriptions, and their ends. */
export class Subscriber {
  private readonly table: Subscriptions;
  private readonly host: SubscriberHost;
  /** Draining subscriptions, and the position behind their UNSUB, in the order of what a link writes. */
  private drains: { window: Window; position: number; entry: SubscriptionEntry }[] = [];

  constructor(table: Subscriptions, host: SubscriberHost) {
    this.table = table;
    this.host = host;
  }

  /** @throws CodedError `INVALID_SUBJECT`, `INVALID_ARGUMENT`, `MAX_CONTROL_LINE_EXCEEDED` */
  subscribe(
    subject: string,
    queue: string | undefined,
    max: number | undefined,
    sink: MessageSink,
    resubscribe = false,
  ): SubscriptionEntry {
    checkPattern(subject);
    if (queue !== undefined) checkQueue(queue);
    checkSubLine(subject, queue);
    const entry = this.table.add(subject, queue, max, sink, resubscribe);
    const limit = max === undefined ? "" : unsubLine(entry.sid, max);
    this.host.sendLines(subLine(entry.sid, subject, queue) + limit);
    return entry;
  }

  /**
   * Ends a subscription now, or after `max` messages in total. When a `max` is raised, the server may have sent the
   * last message of the old one already, and forgotten the subscription: it is subscribed again under its number.
   * A server that still has it takes no notice of that, so nothing is lost or doubled in either case.
   */
  unsubscribe(entry: SubscriptionEntry, max: number | undefined): void {
    if (!this.table.has(entry)) return;
    if (max !== undefined && max > entry.received) {
      const { sid, subject, queue } = entry;
      const raised = entry.max !== undefined && max > entry.max && !entry.draining;
      entry.owesUnsub ||= raised;
      if (raised) entry.refused = false;
      entry.max = max;
      this.host.sendLines((raised ? subLine(sid, subject, queue) : "") + unsubLine(sid, max - entry.base));
      return;
    }
    this.host.sendLines(unsubLine(entry.sid, undefined));
    this.end(entry, undefined);
  }

  /**
   * Moves a subscription to another subject, its sink and its counts with it; `max`: how many messages more, after which
   * it ends. One that has ended or is draining stays as it is.
   *
   * @throws CodedError `INVALID_SUBJECT`, `MAX_CONTROL_LINE_EXCEEDED`
   */
  move(entry: SubscriptionEntry, subject: string, max: number | undefined): void {
    checkPattern(subject);
    checkSubLine(subject, entry.queue);
    if (!this.table.has(entry) || entry.draining) return;
    const end = unsubLine(entry.sid, undefined);
    this.table.move(entry, subject);
    entry.refused = false;
    entry.max = max === undefined ? undefined : entry.received + max;
    const limit = max === undefined ? "" : unsubLine(entry.sid, max);
    this.host.sendLines(end + subLine(entry.sid, subject, entry.queue) + limit);
  }

  /** Ends a subscription after what the server has already sent for it; `sink.onEnd` tells when. */
  drain(entry: SubscriptionEntry): void {
    if (!this.table.has(entry) || entry.draining) return;
    entry.draining = true;
    this.host.sendLines(unsubLine(entry.sid, undefined));
    const fence = this.host.sendFence();
    if (fence === undefined) this.end(entry, undefined);
    else this.drains.push({ ...fence, entry });
  }

  /** A message has been delivered: the last one ends the subscription. */
  delivered(entry: SubscriptionEntry): void {
    if (entry.max === undefined || entry.received < entry.max) return;
    if (entry.owesUnsub && this.table.has(entry)) this.host.sendLines(unsubLine(entry.sid, undefined));
    this.end(entry, undefined);
  }

  /** A PONG has confirmed something of `window`: drains whose UNSUB was before it are done. */
  confirmed(window: Window): void {
    const { drains } = this;
    let done = 0;
    while (
      done < drains.length &&
      drains[done].window === window &&
      drains[done].position <= window.confirmed
    ) {
      done++;
    }
    for (const { entry } of drains.splice(0, done)) this.end(entry, undefined);
  }

  /** The server has refused a subscription: that is its end, or that of this attempt. */
  refused(subject: string, queue: string | undefined, error: CodedError): void {
    const entry = this.table.find(subject, queue);
    if (entry === undefined) return;
    if (!entry.resubscribe || entry.draining) return this.end(entry, error);
    entry.refused = true;
    entry.sink.onRefused?.(error);
  }

  /** The link is gone: what was draining has got all that it will get. */
  linkLost(): void {
    this.drains = [];
    for (const entry of [...this.table.all]) if (entry.draining) this.end(entry, undefined);
  }

  private end(entry: SubscriptionEntry, error: CodedError | undefined): void {
    if (this.table.remove(entry)) entry.sink.onEnd(error);
  }
}
