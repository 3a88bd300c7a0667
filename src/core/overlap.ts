import type { MessageReceiver } from "../wire/parser.js";
import type { Link } from "./link.js";
import { PROBE_SID, probeNumber } from "./probe.js";
import type { Stragglers } from "./stragglers.js";
import type { Crossing, MessageSink, SubscriptionEntry, Subscriptions } from "./subscriptions.js";
import { arrivalOf, type Content, certainTwins, isSecond, Twins } from "./twins.js";

/** Messages, and their bytes, that two links may bring beside one another before it is too much to remember. */
const MAX_MESSAGES = 200_000;
const MAX_BYTES = 64 * 1024 * 1024;

/** Messages that are remembered before the new link is subscribed, at most. */
const LONG = 50_000;
const LONG_BYTES = 16 * 1024 * 1024;

/** What an overlap tells. */
export interface OverlapHost {
  /** Monotonic ms of the input that is being handled. */
  readonly now: number;
  /** The new link is in use: the old one cannot stay any more. */
  readonly hasFollowed: boolean;
  /** A probe that was sent on the old link has come in on the new one. */
  onProbe(number: number): void;
  /** Much is remembered already, before the new link is subscribed. */
  onLong(): void;
  /** More comes in than can be remembered, while the old link can stay. */
  onTooMuch(): void;
}

/**
 * The time in which two links carry the same subscriptions. The old link's messages are delivered as they come; those of the new
 * one wait until the old one is done, and then those are delivered that the old one has not brought. Members of queue groups get
 * nothing twice, and answers to requests are told apart by their token: these are delivered at once from either link.
 */
export class Overlap {
  private readonly subscriptions: Subscriptions;
  private readonly direct: MessageReceiver;
  private readonly answers: MessageSink;
  private readonly host: OverlapHost;
  private readonly seen: Twins;
  /** What the new link has brought, and nobody got yet; of equal messages one is as good as another. */
  private held: Content[] = [];
  /** Messages that came by both links, and were delivered once. */
  twins = 0;
  private readonly drained = new Set<number>();
  private isProven = false;
  private isJoining = false;
  private isClosing = false;
  private isLeaving = false;
  /**
   * More has come in than can be remembered, and the new link is in use: nothing is held back any more, and the new link alone is
   * listened to where both have it.
   */
  private isFull = false;

  /**
   * @param direct delivers a message
   * @param answers takes the answers of requests
   * @param secret nobody outside can guess it
   */
  constructor(
    subscriptions: Subscriptions,
    direct: MessageReceiver,
    answers: MessageSink,
    secret: string,
    host: OverlapHost,
  ) {
    this.seen = new Twins(secret);
    this.subscriptions = subscriptions;
    this.direct = direct;
    this.answers = answers;
    this.host = host;
  }

  /**
   * Everything that the old link brings from now on was published when the new one was subscribed everywhere.
   *
   * @param since monotonic ms from which on that was so already: a probe takes as long to come in as a message does, and servers
   *   may be far apart
   */
  proven(since: number): void {
    this.isProven = true;
    this.seen.proven(since);
  }

  /** A subscription is drained while the old link still has it: what that brings is all of it. */
  drains(sid: number): void {
    if (!this.isLeaving) this.drained.add(sid);
  }

  /** What the new link brings from now on may not come over the old one any more. */
  closing(): void {
    this.isClosing = true;
  }

  /** The old link's subscriptions are being ended. */
  leaving(): void {
    this.isLeaving = true;
  }

  /** The new link is being subscribed. */
  joining(): void {
    this.isJoining = true;
  }

  /** Takes the old link's messages. */
  readonly old: MessageReceiver = {
    onMessage: (buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end) => {
      const crossing = this.compared(sid);
      if (crossing !== undefined) {
        const arrival = arrivalOf(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
        const content = this.seen.old(arrival, this.isProven, this.host.now);
        this.checkSize();
        if (crossing.isNew && isSecond(content, "old")) return this.remove(content);
      } else if (this.isFull && this.isOnNew(sid)) return;
      this.direct.onMessage(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
    },
  };

  /** Takes the new link's messages. */
  readonly fresh: MessageReceiver = {
    onMessage: (buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end) => {
      if (sid === PROBE_SID) return this.host.onProbe(probeNumber(buf, subject, subjectEnd));
      if (this.isFull)
        return this.trailing.onMessage(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
      this.count(sid);
      const crossing = this.compared(sid);
      if (crossing !== undefined) {
        const arrival = arrivalOf(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
        const content = this.seen.fresh(arrival, this.isClosing);
        if (!crossing.isNew) {
          this.held.push(content);
          return this.checkSize();
        }
        this.checkSize();
        if (isSecond(content, "fresh")) return this.remove(content);
      }
      this.direct.onMessage(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
    },
  };

  private count(sid: number): void {
    const crossing = this.subscriptions.get(sid)?.crossing;
    if (crossing !== undefined) crossing.fresh++;
  }

  private remove(content: Content): void {
    content.removed++;
    this.twins++;
  }

  /** A subscription where somebody would notice that a message comes twice. */
  private noticing(sid: number): SubscriptionEntry | undefined {
    const entry = this.subscriptions.get(sid);
    return entry?.queue === undefined && entry?.sink !== this.answers ? entry : undefined;
  }

  /** One whose messages both links bring. */
  private compared(sid: number): Crossing | undefined {
    if (this.isFull) return undefined;
    const crossing = this.noticing(sid)?.crossing;
    return crossing?.isOnBoth === true ? crossing : undefined;
  }

  /** One whose messages the new link brings as well, from the time before it was in use on. */
  private isOnNew(sid: number): boolean {
    const crossing = this.noticing(sid)?.crossing;
    return crossing?.isOnBoth === true && !crossing.isNew && !this.drained.has(sid);
  }

  private checkSize(): void {
    const { size, bytes } = this.seen;
    if (!this.isJoining && (size >= LONG || bytes >= LONG_BYTES)) this.host.onLong();
    if (size <= MAX_MESSAGES && bytes <= MAX_BYTES) return;
    if (!this.host.hasFollowed) return this.host.onTooMuch();
    this.release();
    this.isFull = true;
  }

  /** Takes the new link's messages when the old one is gone: what that had brought may come later here. */
  readonly trailing: MessageReceiver = {
    onMessage: (buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end) => {
      if (sid === PROBE_SID) return this.host.onProbe(probeNumber(buf, subject, subjectEnd));
      this.count(sid);
      const entry = this.noticing(sid);
      if (entry !== undefined) {
        const arrival = arrivalOf(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
        if (this.seen.trails(arrival, entry.crossing?.isNew === true)) {
          this.twins++;
          return;
        }
      }
      this.direct.onMessage(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
    },
  };

  /**
   * The move is given up, and the old link stays. It may bring once more what the other one has brought, which was delivered only
   * where neither had the subscription from before.
   */
  stays(link: Link, stragglers: Stragglers, until: number): void {
    const sids = new Set<number>();
    for (const { sid, crossing } of this.subscriptions.all) {
      if (crossing?.isNew === true && crossing.isOnBoth && crossing.fresh > 0) sids.add(sid);
    }
    if (sids.size > 0) stragglers.compare(link, { twins: this.seen, sids, until });
  }

  /** Delivers what was held back and has no twin. A subscription may end in the middle. */
  release(): void {
    const { held } = this;
    this.held = [];
    const twins = new Map<Content, number>();
    for (const content of held) {
      const { sample: arrival } = content;
      if (this.drained.has(arrival.sid)) continue;
      const left = twins.get(content) ?? certainTwins(content);
      twins.set(content, left - 1);
      if (left > 0) {
        this.remove(content);
        continue;
      }
      const { bytes, sid, subjectEnd, reply, replyEnd, start, body } = arrival;
      this.direct.onMessage(bytes, sid, 0, subjectEnd, reply, replyEnd, start, body, bytes.length);
    }
  }
}
