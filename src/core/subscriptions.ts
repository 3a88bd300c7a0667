import type { CodedError } from "../errors.js";
import { subLine, unsubLine } from "../wire/lines.js";
import { NONE } from "./none.js";
import { SubjectIndex } from "./subject-index.js";

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

/** A subscription that is brought from one link to another. */
export interface Crossing {
  /** `received` when it was subscribed on the link that is to follow; undefined when it is not. */
  joined: number | undefined;
  /** Both links have it. */
  isOnBoth: boolean;
  /** Neither link has brought it from before: what comes first is delivered, by whichever of them. */
  isNew: boolean;
  /** Messages that the link that is to follow has brought, twins with them. */
  fresh: number;
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
  /** What a move needs to know of it; undefined when there is none. */
  crossing: Crossing | undefined;
}

/** Bytes of SUB lines that are sent as one buffer when a link is restored. */
const BATCH = 64 * 1024;

/** The subscriptions of a connection: the truth that every new link is brought to. */
export class Subscriptions {
  /** By number; made for the second one: many connections have one, or none. */
  private entries: Map<number, SubscriptionEntry> | undefined;
  /** The one that there is as long as there is no table. */
  private only: SubscriptionEntry | undefined;
  /** Made by the first refusal: most connections never need it. */
  private bySubject: SubjectIndex | undefined;
  private nextSid = 1;
  /** What the next link to be restored has already, by its numbers: it was the second of two. */
  private inherited: number[] = NONE;
  /** What is added is compared as well, see {@link compareAll}. */
  private isComparing = false;
  /** The link in use is the one that has followed: some may stand on the one that is left alone, or were brought along later. */
  private hasTurned = false;
  /** Most messages come in runs for one subscription: one comparison instead of a lookup. */
  private last: SubscriptionEntry | undefined;

  get size(): number {
    return this.entries?.size ?? (this.only === undefined ? 0 : 1);
  }

  get all(): Iterable<SubscriptionEntry> {
    return this.entries?.values() ?? (this.only === undefined ? NONE : [this.only]);
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
      crossing: undefined,
    };
    this.put(entry);
    return entry;
  }

  private put(entry: SubscriptionEntry): void {
    entry.crossing = this.isComparing ? onOld(entry) : undefined;
    const { only } = this;
    if (this.entries === undefined && only === undefined) this.only = entry;
    else {
      this.entries ??= new Map([[only!.sid, only!]]);
      this.entries.set(entry.sid, entry);
      this.only = undefined;
    }
    this.bySubject?.add(entry);
  }

  get(sid: number): SubscriptionEntry | undefined {
    const { last } = this;
    if (last !== undefined && last.sid === sid) return last;
    const entry = this.look(sid);
    if (entry !== undefined) this.last = entry;
    return entry;
  }

  private look(sid: number): SubscriptionEntry | undefined {
    if (this.entries !== undefined) return this.entries.get(sid);
    return this.only?.sid === sid ? this.only : undefined;
  }

  has(entry: SubscriptionEntry): boolean {
    return this.look(entry.sid) === entry;
  }

  /** Removes the entry; returns whether it was there. */
  remove(entry: SubscriptionEntry): boolean {
    if (this.last === entry) this.last = undefined;
    this.bySubject?.remove(entry);
    if (this.entries !== undefined) return this.entries.delete(entry.sid);
    if (this.only !== entry) return false;
    this.only = undefined;
    return true;
  }

  /** Moves the entry to `subject`, under a number of its own: what is still on its way for the old one reaches nobody. */
  move(entry: SubscriptionEntry, subject: string): void {
    this.remove(entry);
    entry.sid = this.nextSid++;
    entry.subject = subject;
    entry.base = entry.received;
    entry.owesUnsub = false;
    this.put(entry);
  }

  /**
   * The first subscription of this subject that was not refused yet: the one that a permissions violation names. Behind the turn
   * of a move it is one of those that were subscribed on the new link first, if there is any.
   *
   * @param isBeside the link that has refused it is the second of two: only one that was subscribed there
   */
  find(subject: string, queue: string | undefined, isBeside = false): SubscriptionEntry | undefined {
    let first: SubscriptionEntry | undefined;
    for (const entry of this.of(subject)) {
      if (entry.queue !== queue || entry.refused) continue;
      if (entry.crossing?.joined !== undefined || !(isBeside || this.hasTurned)) return entry;
      first ??= entry;
    }
    return isBeside ? undefined : first;
  }

  private of(subject: string): Iterable<SubscriptionEntry> {
    this.bySubject ??= new SubjectIndex(this.all);
    return this.bySubject.get(subject);
  }

  /**
   * The lines that bring a fresh link to this table: SUB for each, and UNSUB with what is left of its
   * `max`, in few large buffers. A link that was to follow the one that is lost has most of them already.
   */
  restorePlan(): Uint8Array[] {
    // Some may have ended on the link that was lost, by the last message, or by who has heard of its loss.
    const ended = this.inherited.filter((sid) => this.look(sid) === undefined);
    this.inherited = NONE;
    const ends = inBatches(ended, (sid) => unsubLine(sid, undefined));
    const begins = inBatches(this.all, (entry) => {
      if (entry.draining) return "";
      const { crossing } = entry;
      entry.refused = false;
      entry.base = crossing?.joined ?? entry.received;
      // A second link has it already, and has not sent all that came; a `max` may be new.
      entry.owesUnsub = crossing?.joined !== undefined;
      if (!entry.owesUnsub) return lines(entry);
      return entry.max === undefined ? "" : unsubLine(entry.sid, entry.max - entry.base);
    });
    return [...ends, ...begins];
  }

  /** What comes in for these will be compared with what a second link brings. */
  compareAll(): void {
    this.isComparing = true;
    for (const entry of this.all) {
      entry.crossing = onOld(entry);
    }
  }

  /** The lines that bring a second link to this table, which is to follow. */
  joinPlan(): Uint8Array[] {
    this.isComparing = false;
    return inBatches(this.all, (entry) => {
      if (entry.draining || movesAlone(entry)) return "";
      entry.crossing = { joined: entry.received, isOnBoth: true, isNew: false, fresh: 0 };
      // From now on servers count otherwise than we do.
      entry.owesUnsub ||= entry.max !== undefined;
      return lines(entry);
    });
  }

  /** The lines that end everything on the link that is left. */
  leavePlan(): Uint8Array[] {
    return inBatches(this.all, ({ sid }) => unsubLine(sid, undefined));
  }

  /** The second link follows: servers count towards `max` from when it was subscribed. Returns how to take that back. */
  rebase(): () => void {
    const bases = new Map<SubscriptionEntry, number>();
    for (const entry of this.all) {
      if (entry.crossing?.joined === undefined) continue;
      bases.set(entry, entry.base);
      entry.base = entry.crossing.joined;
    }
    return () => {
      for (const [entry, base] of bases) entry.base = base;
    };
  }

  /** The second link takes over although the old one is lost: what its server has refused is asked for once more. */
  inherit(refusals: readonly CodedError[]): void {
    this.isComparing = false;
    this.hasTurned = false;
    const inherited = [...this.inherited];
    for (const { sid, crossing } of this.all) {
      if (crossing === undefined) continue;
      // Its SUB waited in the window, which keeps only what was published.
      if (!crossing.isOnBoth) crossing.joined = undefined;
      crossing.isOnBoth = false;
      if (crossing.joined !== undefined) inherited.push(sid);
    }
    this.inherited = inherited;
    for (const { detail } of refusals) {
      for (const { queue, crossing } of this.of(detail.subject ?? "")) {
        if (crossing !== undefined && queue === detail.queue) crossing.joined = undefined;
      }
    }
  }

  /** The new link is the one in use. What the old server has refused is asked of the new one as well. */
  turn(): void {
    this.hasTurned = true;
    for (const entry of this.all) if (entry.crossing?.joined !== undefined) entry.refused = false;
  }

  /** The old link is gone. Returns the lines for those that could not be on two links at once. */
  joinLast(): Uint8Array[] {
    return inBatches(this.all, (entry) => {
      const { crossing } = entry;
      const isThere = crossing?.joined !== undefined;
      // Also for a `max` that is set later.
      entry.owesUnsub ||= isThere;
      if (crossing !== undefined) crossing.isOnBoth = false;
      if (isThere || entry.draining || !movesAlone(entry)) return "";
      entry.base = entry.received;
      entry.crossing = undefined;
      return lines(entry);
    });
  }

  /**
   * Nothing more comes twice. A server counts towards a `max` all that it has sent, twins with it: returns the lines that set
   * that right, also where it has ended one too early.
   */
  recount(): Uint8Array[] {
    this.hasTurned = false;
    return inBatches(this.all, (entry) => {
      const { sid, subject, queue, max, received, draining, crossing } = entry;
      entry.crossing = undefined;
      if (crossing?.joined === undefined) return "";
      const base = received - crossing.fresh;
      const isRight = base === entry.base;
      entry.base = base;
      return isRight || max === undefined || draining
        ? ""
        : subLine(sid, subject, queue) + unsubLine(sid, max - base);
    });
  }

  /** There is no second link any more. */
  forgetCrossings(): void {
    this.isComparing = false;
    this.hasTurned = false;
    for (const entry of this.all) {
      // Some of what came has been sent by the second link alone. Also for a `max` that is set later.
      entry.owesUnsub ||= entry.crossing?.isNew === true;
      countOwn(entry);
      entry.crossing = undefined;
    }
  }

  /** Takes all entries out, for a close. */
  clear(): SubscriptionEntry[] {
    const all = [...this.all];
    this.entries = undefined;
    this.only = undefined;
    this.bySubject = undefined;
    this.last = undefined;
    return all;
  }
}

/** Its messages are remembered, because a second link will bring them as well. */
function onOld(entry: SubscriptionEntry): Crossing {
  const isOnBoth = !entry.draining && !movesAlone(entry);
  return { joined: undefined, isOnBoth, isNew: false, fresh: 0 };
}

/** Two members of a queue group would each count towards the `max`: on one link it ends before it begins on the next. */
export function movesAlone({ queue, max }: SubscriptionEntry): boolean {
  return queue !== undefined && max !== undefined;
}

/**
 * A member of a group is given what either of two links brings, and the link that stays in use has counted only its own. A `max`
 * that is set later must not be counted from what it has not: its server would give messages to a member that has ended.
 */
export function countOwn(entry: SubscriptionEntry): void {
  const { queue, crossing } = entry;
  if (queue !== undefined && crossing !== undefined) entry.base += crossing.fresh;
}

function lines({ sid, subject, queue, max, received }: SubscriptionEntry): string {
  const sub = subLine(sid, subject, queue);
  return max === undefined ? sub : sub + unsubLine(sid, max - received);
}

/** What is to be said of all entries, in few large buffers. */
function inBatches<T>(entries: Iterable<T>, say: (entry: T) => string): Uint8Array[] {
  const plan: Uint8Array[] = [];
  let text = "";
  for (const entry of entries) {
    text += say(entry);
    if (text.length < BATCH) continue;
    plan.push(Buffer.from(text));
    text = "";
  }
  if (text !== "") plan.push(Buffer.from(text));
  return plan;
}
