import type { CodedError } from "../errors.js";
import { subLine, unsubLine } from "../wire/lines.js";

/** Takes the messages of one subscription, as offsets into the read they came in (see `ParserSink`). */
export interface MessageSink {
  onMessage(
    buf: Buffer,
    subject: number,
    subjectEnd: number,
    reply: number,
    replyEnd: number,
    start: number,
    body: number,
    end: number,
  ): void;
  /** No more messages will come: unsubscribed, `max` reached, drained, refused (`error`), or closed. */
  onEnd(error: CodedError | undefined): void;
  /** The server has refused it on this link; it stays, and the next link tries again. Only for `resubscribe`. */
  onRefused?(error: CodedError): void;
}

/** A subscription as the server sees it. */
export interface SubscriptionEntry {
  /** Its number at the server; another one when it has moved to another subject. */
  sid: number;
  subject: string;
  readonly queue: string | undefined;
  readonly sink: MessageSink;
  /** Total number of messages after which it ends; over all links. */
  max: number | undefined;
  /** Messages that arrived, over all links. */
  received: number;
  /** `received` when the current link subscribed it: a server counts towards `max` from there. */
  base: number;
  /**
   * On this link the server may count towards `max` otherwise than we do, and has to be told of the end: `max` was raised
   * (it may count from a later SUB), or it has sent a 503, which it does not count (nats-server 2.15).
   */
  owesUnsub: boolean;
  /** UNSUB is on its way; on another link it is never subscribed again. */
  draining: boolean;
  /** A refusal does not end it: every new link tries again. */
  readonly resubscribe: boolean;
  /** This link's server has refused it. Invariant: only with `resubscribe`. */
  refused: boolean;
}

/** Bytes of SUB lines that are sent as one buffer when a link is restored. */
const BATCH = 64 * 1024;

/** The subscriptions of a connection: the truth that every new link is brought to. */
export class Subscriptions {
  private readonly entries = new Map<number, SubscriptionEntry>();
  private nextSid = 1;
  /** Most messages come in runs for one subscription: one comparison instead of a lookup. */
  private last: SubscriptionEntry | undefined;

  get size(): number {
    return this.entries.size;
  }

  get all(): Iterable<SubscriptionEntry> {
    return this.entries.values();
  }

  add(
    subject: string,
    queue: string | undefined,
    max: number | undefined,
    sink: MessageSink,
    resubscribe = false,
  ): SubscriptionEntry {
    const entry: SubscriptionEntry = {
      sid: this.nextSid++,
      subject,
      queue,
      sink,
      max,
      received: 0,
      base: 0,
      owesUnsub: false,
      draining: false,
      resubscribe,
      refused: false,
    };
    this.entries.set(entry.sid, entry);
    return entry;
  }

  get(sid: number): SubscriptionEntry | undefined {
    const { last } = this;
    if (last !== undefined && last.sid === sid) return last;
    const entry = this.entries.get(sid);
    if (entry !== undefined) this.last = entry;
    return entry;
  }

  has(entry: SubscriptionEntry): boolean {
    return this.entries.get(entry.sid) === entry;
  }

  /** Removes the entry; returns whether it was there. */
  remove(entry: SubscriptionEntry): boolean {
    if (this.last === entry) this.last = undefined;
    return this.entries.delete(entry.sid);
  }

  /** Moves the entry to `subject`, under a number of its own: what is still on its way for the old one reaches nobody. */
  move(entry: SubscriptionEntry, subject: string): void {
    this.remove(entry);
    entry.sid = this.nextSid++;
    entry.subject = subject;
    entry.base = entry.received;
    entry.owesUnsub = false;
    this.entries.set(entry.sid, entry);
  }

  /** The subscription that a permissions violation names: one that this link has not refused yet. */
  find(subject: string, queue: string | undefined): SubscriptionEntry | undefined {
    for (const entry of this.entries.values()) {
      if (entry.subject === subject && entry.queue === queue && !entry.refused) return entry;
    }
    return undefined;
  }

  /**
   * The lines that bring a fresh link to this table: SUB for each, and UNSUB with what is left of its
   * `max`, in few large buffers.
   */
  restorePlan(): Uint8Array[] {
    const plan: Uint8Array[] = [];
    let text = "";
    for (const entry of this.entries.values()) {
      if (entry.draining) continue;
      const { sid, subject, queue, max, received } = entry;
      entry.base = received;
      entry.owesUnsub = false;
      entry.refused = false;
      text += subLine(sid, subject, queue);
      if (max !== undefined) text += unsubLine(sid, max - received);
      if (text.length >= BATCH) {
        plan.push(Buffer.from(text));
        text = "";
      }
    }
    if (text !== "") plan.push(Buffer.from(text));
    return plan;
  }

  /** Takes all entries out, for a close. */
  clear(): SubscriptionEntry[] {
    const all = [...this.entries.values()];
    this.entries.clear();
    this.last = undefined;
    return all;
  }
}
