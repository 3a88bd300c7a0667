import type { CodedError } from "../errors.js";
import { subLine, unsubLine } from "../wire/lines.js";
import { checkPattern, checkQueue, checkSubLine } from "../wire/subject.js";
import { NONE } from "./none.js";
import {
  countOwn,
  type MessageSink,
  movesAlone,
  type SubscriptionEntry,
  type Subscriptions,
} from "./subscriptions.js";
import type { Window } from "./window.js";

/** In a move: the link beside the one that takes what is appended to the window. */
export interface SecondLink {
  /** What is appended goes to the link that follows already, and the second one is that which is left. */
  readonly isLeft: boolean;
  /** Sends lines to it. */
  send(lines: string): void;
  /** Sends lines to the link that follows, before what is appended. */
  sendNew(lines: string): void;
  /** A subscription has come to both links: other servers have to hear of it before the old one is left. */
  joinedLate(): void;
  /** A subscription that is on both links is drained. */
  drains(sid: number): void;
}

/** How subscriptions reach the server. */
export interface SubscriberHost {
  readonly second: SecondLink | undefined;
  /**
   * Sends SUB and UNSUB lines in order with what is published, if there is a link: without one the table is
   * all that is needed.
   */
  sendLines(lines: string): void;
  /** Asks for a PING behind them, one for all of a burst; undefined when there is no link. */
  sendFence(): { window: Window; position: number } | undefined;
}

/** A subscription that is drained, and the position behind its UNSUB. */
interface Drain {
  readonly window: Window;
  readonly position: number;
  readonly entry: SubscriptionEntry;
}

/** Subscribes, unsubscribes and drains: the commands on the table of subscriptions, and their ends. */
export class Subscriber {
  private readonly table: Subscriptions;
  private readonly host: SubscriberHost;
  /** Draining subscriptions, and the position behind their UNSUB, in the order of what a link writes. */
  private drains: Drain[] = NONE;

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
    const lines = subLine(entry.sid, subject, queue) + limit;
    this.host.sendLines(lines);
    this.join(entry, lines);
    return entry;
  }

  /** In a move, what is new is subscribed on both links. */
  private join(entry: SubscriptionEntry, lines: string): void {
    const { second } = this.host;
    if (second === undefined) return;
    const crossing = { joined: entry.received, isOnBoth: false, isNew: true, fresh: 0 };
    if (second.isLeft) {
      entry.crossing = crossing;
    } else if (!movesAlone(entry)) {
      entry.crossing = { ...crossing, isOnBoth: true };
      entry.owesUnsub ||= entry.max !== undefined;
      second.send(lines);
      second.joinedLate();
    }
  }

  /** A move was given up: the old link gets what was said to the new one, and is told anew where each `max` ends. */
  limitAnew(): void {
    for (const entry of this.table.all) {
      const { sid, subject, queue, max, base, draining } = entry;
      if (max === undefined || draining) continue;
      entry.owesUnsub = true;
      this.host.sendLines(subLine(sid, subject, queue) + unsubLine(sid, max - base));
    }
  }

  /** Ends it at the server, in a move at both. */
  private sendEnd({ sid, crossing }: SubscriptionEntry): void {
    const line = unsubLine(sid, undefined);
    const { second } = this.host;
    // What waits in the window is gone if the old link dies: then the new one would keep what it was subscribed to directly.
    if (second?.isLeft === true && crossing?.isOnBoth === true) second.sendNew(line);
    this.host.sendLines(line);
    if (second !== undefined && (second.isLeft || crossing?.joined !== undefined)) second.send(line);
  }

  /** In a move, the link that is to follow counts towards `max` by itself. */
  private limitSecond(entry: SubscriptionEntry, max: number, raised: boolean): void {
    const { second } = this.host;
    const { sid, subject, queue } = entry;
    const joined = entry.crossing?.joined;
    entry.owesUnsub ||= second !== undefined;
    if (second === undefined || second.isLeft || joined === undefined) return;
    if (!movesAlone(entry)) {
      return second.send((raised ? subLine(sid, subject, queue) : "") + unsubLine(sid, max - joined));
    }
    entry.crossing = undefined;
    second.send(unsubLine(sid, undefined));
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
      // From here on it is on one link alone.
      if (entry.max === undefined && this.host.second?.isLeft === false) countOwn(entry);
      entry.max = max;
      this.host.sendLines((raised ? subLine(sid, subject, queue) : "") + unsubLine(sid, max - entry.base));
      return this.limitSecond(entry, max, raised);
    }
    this.sendEnd(entry);
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
    this.sendEnd(entry);
    this.table.move(entry, subject);
    entry.refused = false;
    entry.max = max === undefined ? undefined : entry.received + max;
    const limit = max === undefined ? "" : unsubLine(entry.sid, max);
    const lines = subLine(entry.sid, subject, entry.queue) + limit;
    this.host.sendLines(lines);
    this.join(entry, lines);
  }

  /** Ends a subscription after what the server has already sent for it; `sink.onEnd` tells when. */
  drain(entry: SubscriptionEntry): void {
    if (!this.table.has(entry) || entry.draining) return;
    entry.draining = true;
    if (entry.crossing?.isOnBoth === true) this.host.second?.drains(entry.sid);
    this.sendEnd(entry);
    const fence = this.host.sendFence();
    if (fence === undefined) this.end(entry, undefined);
    else {
      if (this.drains === NONE) this.drains = [];
      this.drains.push({ ...fence, entry });
    }
  }

  /** A message has been delivered: the last one ends the subscription. */
  delivered(entry: SubscriptionEntry): void {
    if (entry.max === undefined || entry.received < entry.max) return;
    const owesUnsub = entry.owesUnsub || this.host.second !== undefined;
    if (owesUnsub && this.table.has(entry)) this.sendEnd(entry);
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
    if (entry !== undefined) this.refuse(entry, error);
  }

  /** A server has refused these beside one that has not; it carries the subscriptions alone from now on. */
  refusedBeside(refusals: readonly CodedError[]): void {
    for (const error of refusals) {
      const { subject, queue } = error.detail;
      const entry = this.table.find(subject ?? "", queue, true);
      if (entry !== undefined) this.refuse(entry, error);
    }
  }

  private refuse(entry: SubscriptionEntry, error: CodedError): void {
    if (!entry.resubscribe || entry.draining) {
      // One server of two has refused it.
      if (entry.crossing?.joined !== undefined && this.host.second !== undefined) this.sendEnd(entry);
      return this.end(entry, error);
    }
    entry.refused = true;
    entry.sink.onRefused?.(error);
  }

  /** The link is gone: what was draining has got all that it will get. */
  linkLost(): void {
    this.drains = NONE;
    for (const entry of [...this.table.all]) if (entry.draining) this.end(entry, undefined);
  }

  private end(entry: SubscriptionEntry, error: CodedError | undefined): void {
    if (this.table.remove(entry)) entry.sink.onEnd(error);
  }
}
