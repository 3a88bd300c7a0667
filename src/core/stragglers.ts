import type { MessageReceiver } from "../wire/parser.js";
import { arrivalOf, type Twins } from "./twins.js";

/** What delivers the messages of a link. */
interface Source {
  deliverTo(messages: MessageReceiver): void;
}

/** What was compared in a move that was given up. */
interface Comparison {
  readonly twins: Twins;
  /** Subscriptions that were given what the new link brought first. */
  readonly sids: ReadonlySet<number>;
  /** Monotonic ms of when nothing of it comes any more. */
  readonly until: number;
}

/**
 * A link that stays in use when a move was given up may bring what the other one has brought before: to subscriptions that were
 * made in the middle it is not delivered once more, also when the next move has begun meanwhile.
 */
export class Stragglers implements MessageReceiver {
  private readonly clock: () => number;
  private comparisons: Comparison[] = [];
  /** Monotonic ms of when nothing is compared any more. */
  private until = 0;
  private source: Source | undefined;
  private next: MessageReceiver | undefined;

  /** @param clock monotonic ms */
  constructor(clock: () => number) {
    this.clock = clock;
  }

  /** What the link in use brings goes to `next`. */
  deliver(source: Source, next: MessageReceiver): void {
    if (source !== this.source) this.forget();
    if (this.comparisons.length === 0) return source.deliverTo(next);
    this.next = next;
    source.deliverTo(this);
  }

  /** A move away from the link in use is given up. To be followed by {@link deliver}. */
  compare(source: Source, comparison: Comparison): void {
    if (source !== this.source) this.forget();
    const now = this.clock();
    this.source = source;
    this.until = Math.max(this.until, comparison.until);
    this.comparisons = [...this.comparisons.filter(({ until }) => now <= until), comparison];
  }

  /** Nothing is compared any more: the time is over, or the link is gone, or left. */
  forget(): void {
    if (this.next !== undefined) this.source?.deliverTo(this.next);
    this.comparisons = [];
    this.until = 0;
    this.source = undefined;
    this.next = undefined;
  }

  onMessage(
    buf: Buffer,
    sid: number,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void {
    // Only from `deliver` to `forget` a link brings something to this.
    const next = this.next!;
    const now = this.clock();
    for (const { sids, twins, until } of this.comparisons) {
      if (now > until || !sids.has(sid)) continue;
      const arrival = arrivalOf(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
      if (twins.stays(arrival)) return;
    }
    if (now > this.until) this.forget();
    next.onMessage(buf, sid, subject, subjectEnd, reply, replyEnd, start, body, end);
  }
}
