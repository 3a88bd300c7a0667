import type { Books, DropReason } from "../../core/books.js";
import type { OverflowMessage } from "../../core/overflow.js";
import type { Window } from "../../core/window.js";
import { counts, Kind } from "../../wire/frame.js";
import type { Fate } from "../broker/client-connection.js";
import type { Message } from "../broker/message.js";
import { History } from "../history/history.js";
import { Accusations } from "./accusations.js";
import { clientId, markOf } from "./content.js";
import type { Coverage } from "./coverage.js";
import type { LedgerView } from "./ledger-view.js";
import { OffersToKeep } from "./offers-to-keep.js";
import { type Draft, type Outcome, Sent } from "./sent.js";
import { demand, Violation } from "./violation.js";
import { WindowBook } from "./window-book.js";

/** Dropped for these reasons, a message is not told of by `messageLost`. */
const TOLD_OTHERWISE: ReadonlySet<DropReason> = new Set<DropReason>(["pull", "timeout", "unsent", "kept"]);

/**
 * The second set of books, kept from outside: every accepted message with what became of it, checked at
 * every change against promises.md, and after every step against the engine's own books.
 */
export class Ledger {
  readonly messages: Sent[] = [];
  /** What became of each publish, for the verdict at the end of the run; `Sent.entry` numbers them. */
  readonly history = new History();
  private readonly byId = new Map<number, Sent>();
  private readonly books = new Map<Window, WindowBook>();
  private readonly view: LedgerView;
  private readonly coverage: Coverage;
  private readonly count: Record<Outcome, number> = { confirmed: 0, refused: 0, dropped: 0, unconfirmed: 0 };
  private readonly bytes: Record<Outcome, number> = { confirmed: 0, refused: 0, dropped: 0, unconfirmed: 0 };
  private acceptedBytes = 0;
  private takenBack = 0;
  private replayed = 0;
  /** Messages of the publish window that ended otherwise than confirmed, in that order. */
  readonly bad: Sent[] = [];
  private confirmedBefore = 0;
  /** Dropped messages that the engine must tell of by `messageLost`, in their order. */
  readonly toTell: Sent[] = [];
  /** Messages with a `ttl` that have no outcome yet, as far as is known. */
  private timed: Sent[] = [];
  readonly accusations = new Accusations();
  /** The next message that the engine accepts. */
  private draft: Draft | undefined;
  /** When links died that carried the window. */
  private readonly deaths: number[] = [];
  private readonly offers: OffersToKeep;
  /** The last message of the main window that a server took, by link. */
  private readonly lastTaken = new Map<number, number>();

  constructor(view: LedgerView, coverage: Coverage) {
    this.view = view;
    this.coverage = coverage;
    this.offers = new OffersToKeep(view);
  }

  /** Watches a window; `expressOf`: the link it was made for, if it is not the publish window. */
  watch(window: Window, expressOf: number | undefined): void {
    this.books.set(window, new WindowBook(window, expressOf));
  }

  /** Runs `accept`, which may hand `draft` to the engine; returns the message if it was accepted. */
  expect(draft: Draft, accept: () => void): Sent | undefined {
    // A message that is dropped to make room may wake someone who publishes, too.
    const outer = this.draft;
    this.draft = draft;
    try {
      accept();
    } finally {
      this.draft = outer;
    }
    return this.byId.get(draft.id);
  }

  /** The engine has appended a message. `again`: what it is if nobody has just published it. */
  appended(window: Window, seq: number, kind: number, reply: string, again: () => Draft | undefined): void {
    const draft = this.draft ?? again();
    if (draft === undefined) throw new Violation("accepted", `frame ${seq} that nobody has published`);
    demand(
      draft.kind === kind,
      "kind",
      () => `message ${draft.id} to ${draft.subject} is of kind ${kind}, not ${draft.kind}`,
    );
    const sent = new Sent(draft, window, seq, this.view.now, this.byId.get(draft.id));
    if (draft.asked !== undefined) draft.reply = reply;
    this.enter(sent);
    this.books.get(window)!.add(sent);
    if (draft.asked !== undefined) draft.asked.sent = sent;
    if (draft.expiresAt !== undefined) this.timed.push(sent);
    this.coverage.count("accepted", kindName(kind));
  }

  /** The message that is being published was accepted and dropped in the same moment: it is in no window. */
  acceptedDropped(window: Window, reason: DropReason): void {
    const { draft } = this;
    demand(draft !== undefined && reason === "drop-newest", "accepted", () => `dropped at once: ${reason}`);
    this.end(this.enter(new Sent(draft, window, -1, this.view.now, undefined)), "dropped", reason);
  }

  private enter(sent: Sent): Sent {
    this.draft = undefined;
    this.messages.push(sent);
    this.byId.set(sent.draft.id, sent);
    this.acceptedBytes += sent.size;
    sent.entry = this.history.size;
    this.history.accepted(sent.entry);
    return sent;
  }

  /** The engine has refused a publish. */
  refused(): void {
    this.history.rejected(this.history.size);
  }

  /** Frames of a window are handed to a link. */
  handed(window: Window, first: number, kinds: readonly number[], epoch: number): void {
    const book = this.books.get(window)!;
    if (book.expressOf === undefined) this.checkTurn(epoch);
    for (let i = 0; i < kinds.length; i++) {
      const seq = first + i;
      book.hand(seq, epoch);
      if (!counts(kinds[i])) continue;
      const sent = book.get(seq);
      if (sent === undefined) throw new Violation("wire-order", `frame ${seq} is not known`);
      this.checkHanding(sent, epoch);
      if (sent.handed > 0) {
        this.replayed++;
        this.coverage.count("replayed", kindName(sent.draft.kind));
      }
      sent.links.push(epoch);
      sent.handedAt = this.view.now;
    }
  }

  /** The publish window has its turn only when nothing that goes before it is left. */
  private checkTurn(epoch: number): void {
    demand(!this.view.held, "hold", () => "the replay has not waited for beforeReplay");
    for (const { expressOf, oldestPending } of this.books.values()) {
      if (expressOf !== epoch || oldestPending === undefined) continue;
      demand(oldestPending.handed > 0, "wire-order", () => `${oldestPending} must go before the replay`);
    }
  }

  private checkHanding(sent: Sent, epoch: number): void {
    const { asked } = sent.draft;
    if (asked?.settled !== undefined && (sent.draft.kind === Kind.Request || asked.settled === "TIMEOUT")) {
      throw new Violation("expired-request", `${sent} is written although it has ended: ${asked.settled}`);
    }
    const { size, draft } = sent;
    demand(size <= this.view.maxPayload, "max-payload", () => `${sent} is written, it has ${size} bytes`);
    if (sent.outcome === "confirmed") return this.checkMargin(sent);
    const overdue = draft.expiresAt !== undefined && this.view.now > draft.expiresAt + this.view.slack;
    demand(!overdue, "ttl", () => `${sent} is written, its time ended at ${draft.expiresAt}`);
    demand(sent.outcome === undefined, "written-after-outcome", () => `${sent}`);
    if (sent.handed === 0) return;
    demand(sent.repeatable, "written-twice", () => `${sent}, now to link ${epoch}`);
    demand(sent.link !== epoch, "written-twice", () => `${sent}, again to the same link`);
  }

  private checkMargin(sent: Sent): void {
    const death = this.deaths.find((at) => at >= sent.confirmedAt);
    const legal =
      sent.draft.kind === Kind.Data &&
      death !== undefined &&
      death < sent.confirmedAt + this.view.replayMargin;
    demand(
      legal,
      "written-after-confirmation",
      () => `${sent}, confirmed at ${sent.confirmedAt}, link died at ${death}`,
    );
  }

  linkLost(unclean: boolean): void {
    for (const book of this.books.values()) book.linkLost();
    if (unclean) this.deaths.push(this.view.now);
  }

  /** All before `to` counts as confirmed from now on; `from` was so before. */
  confirmed(window: Window, from: number, to: number): void {
    const book = this.books.get(window)!;
    for (let seq = from; seq < to; seq++) {
      const sent = book.get(seq);
      if (sent === undefined || sent.outcome !== undefined) continue;
      demand(
        sent.takenOn.includes(this.view.inputEpoch),
        "confirmed-not-taken",
        () => `${sent}, confirmed on link ${this.view.inputEpoch}`,
      );
      sent.confirmedAt = this.view.now;
      this.view.confirmed();
      this.end(sent, "confirmed", undefined);
    }
  }

  settled(window: Window, seq: number, outcome: "refused" | "unconfirmed"): void {
    const sent = this.pending(window, seq);
    if (outcome === "refused") {
      demand(
        sent.deniedOn.includes(this.view.inputEpoch),
        "refused-not-denied",
        () => `${sent}, on link ${this.view.inputEpoch}`,
      );
    } else {
      demand(sent.handed > 0, "unconfirmed-not-written", () => `${sent}`);
      const legal = !sent.repeatable || this.view.closed || this.isExpress(sent) || this.isUnwanted(sent);
      demand(legal, "given-up", () => `${sent} should be replayed`);
      if (!this.view.losing && !this.view.closed) this.takenBack++;
    }
    this.end(sent, outcome, undefined);
  }

  /** A request that has ended. */
  private isUnwanted({ draft: { asked } }: Sent): boolean {
    return asked !== undefined && (asked.settled !== undefined || this.view.now >= asked.deadline);
  }

  private isExpress(sent: Sent): boolean {
    return this.books.get(sent.window)!.expressOf !== undefined;
  }

  droppedFrame(window: Window, seq: number, reason: DropReason): void {
    const sent = this.pending(window, seq);
    demand(this.mayDrop(sent, reason), "dropped-without-reason", () => `${sent}: ${reason}`);
    this.end(sent, "dropped", reason);
  }

  private mayDrop(sent: Sent, reason: DropReason): boolean {
    const { draft } = sent;
    const { view } = this;
    if (sent.link === view.activeEpoch && sent.handed > 0 && !view.losing) return false;
    switch (reason) {
      case "max-payload":
        return sent.size > view.maxPayload;
      case "headers":
        return draft.headers !== undefined;
      case "ttl":
        return draft.expiresAt !== undefined && view.now >= draft.expiresAt;
      case "poison":
        return this.accusations.convict(sent);
      case "drop-oldest":
        return view.mayDropOldest(sent);
      case "kept":
        return sent.kept === true && view.closed;
      case "closed":
        return sent.handed === 0 && view.closed;
      case "pull":
        return sent.handed === 0 && draft.kind === Kind.Pull;
      case "unsent":
        return sent.handed === 0 && this.isExpress(sent);
      case "timeout":
        return sent.handed === 0 && draft.asked !== undefined && view.now >= draft.asked.deadline;
      default:
        return false;
    }
  }

  /** The engine has asked the overflow whether it keeps a message, and it has answered. */
  offered(message: OverflowMessage, maybeDelivered: boolean, kept: boolean): void {
    const payload = Buffer.from(message.payload as Uint8Array);
    const sent = this.byId.get(clientId(markOf(message.subject, payload)));
    if (sent === undefined)
      throw new Violation("kept", `asked for ${message.subject}, which was never accepted`);
    this.offers.answered(sent, message, maybeDelivered, kept);
  }

  private pending(window: Window, seq: number): Sent {
    const sent = this.books.get(window)?.get(seq);
    if (sent === undefined)
      throw new Violation("outcome", `frame ${seq}, which is not known, has an outcome`);
    demand(sent.outcome === undefined, "two-outcomes", () => `${sent}`);
    return sent;
  }

  private end(sent: Sent, outcome: Outcome, reason: DropReason | undefined): void {
    sent.outcome = outcome;
    sent.reason = reason;
    this.count[outcome]++;
    this.bytes[outcome] += sent.size;
    this.offers.checkEnd(sent, reason);
    if (outcome === "dropped" && !TOLD_OTHERWISE.has(reason!)) this.toTell.push(sent);
    if (outcome !== "confirmed") this.view.endedOtherwise(sent);
    if (outcome !== "confirmed" && sent.seq >= 0 && !this.isExpress(sent)) this.bad.push(sent);
    const how = reason === undefined ? outcome : `${outcome}:${reason}`;
    if (outcome === "confirmed") this.history.confirmed(sent.entry);
    else this.history.reported(sent.entry, how);
    this.coverage.count("outcome", how);
  }

  /** A server has parsed a publish of the client; `epoch` is the link it came by. */
  published(epoch: number, message: Message, fate: Fate): void {
    const { subject, reply, headers, payload } = message;
    const mark = markOf(subject, payload);
    let sent = this.byId.get(clientId(mark));
    while (sent !== undefined && !sent.links.includes(epoch)) sent = sent.earlier;
    demand(
      sent?.isSame(subject, reply, headers, payload) === true,
      "content",
      () =>
        `on link ${epoch} a server got ${subject} with ${payload.length} bytes, mark ${mark}; ${sent ?? "never written there"}`,
    );
    const before = sent.taken + sent.denied + sent.expelledOn.length;
    demand(sent.repeatable || before === 0, "taken-twice", () => `${sent}`);
    if (!this.isExpress(sent)) {
      const last = this.lastTaken.get(epoch) ?? -1;
      demand(sent.seq > last, "server-order", () => `${sent} behind seq ${last} on link ${epoch}`);
      this.lastTaken.set(epoch, sent.seq);
    }
    if (fate === "expelled") {
      this.accusations.expel(epoch, sent);
    } else if (fate === "denied") {
      sent.deniedOn.push(epoch);
    } else {
      if (sent.taken > 0) this.coverage.count("duplicate", kindName(sent.draft.kind));
      sent.takenOn.push(epoch);
      this.history.found(sent.entry);
    }
  }

  /** Messages without an outcome. */
  get open(): number {
    const { confirmed, refused, dropped, unconfirmed } = this.count;
    return this.messages.length - confirmed - refused - dropped - unconfirmed;
  }

  /** Messages that ended as unconfirmed with a link or with the connection, and not with their request's timeout. */
  get unconfirmedWithLink(): number {
    return this.count.unconfirmed - this.takenBack;
  }

  /** The oldest message of the publish window without an outcome. */
  oldestPending(window: Window): Sent | undefined {
    return this.books.get(window)?.oldestPending;
  }

  /** The oldest message of a window without an outcome whose number is at least `seq`. */
  pendingFrom(window: Window, seq: number): Sent | undefined {
    return this.books.get(window)!.pendingFrom(seq);
  }

  /** What has waited for a link longer than it was worth anything. */
  checkOverdue(): void {
    const { now, slack, activeEpoch } = this.view;
    this.timed = this.timed.filter(({ outcome }) => outcome === undefined);
    for (const sent of this.timed) {
      const onLink = sent.handed > 0 && sent.link === activeEpoch;
      const fine = onLink || now <= sent.draft.expiresAt! + slack;
      demand(fine, "ttl", () => `${sent} still waits, its time ended at ${sent.draft.expiresAt}`);
    }
  }

  /** Compares with the engine's books; called after every step. */
  compare(books: Books): void {
    const { count, bytes, view } = this;
    const same =
      books.balanced &&
      books.accepted === this.messages.length &&
      books.acceptedBytes === this.acceptedBytes &&
      books.confirmed === count.confirmed &&
      books.confirmedBytes === bytes.confirmed &&
      books.refused === count.refused &&
      books.refusedBytes === bytes.refused &&
      books.dropped === count.dropped &&
      books.droppedBytes === bytes.dropped &&
      books.unconfirmed === count.unconfirmed &&
      books.unconfirmedBytes === bytes.unconfirmed &&
      books.rejected === view.rejected &&
      books.overflowed === view.overflowed &&
      books.recovered === view.recovered &&
      books.pending === this.open &&
      books.replayed === this.replayed;
    demand(same, "books", () => this.difference(books));
    demand(books.confirmed >= this.confirmedBefore, "confirmed-decreases", () => `${books.confirmed}`);
    this.confirmedBefore = books.confirmed;
  }

  private difference(books: Books): string {
    const { count, bytes, view, messages, acceptedBytes, open: pending, replayed } = this;
    const { rejected, overflowed, recovered } = view;
    const beside = { replayed, rejected, overflowed, recovered };
    const really = { accepted: messages.length, acceptedBytes, pending, ...beside };
    return `they are ${JSON.stringify(books)}, really ${JSON.stringify({ ...really, count, bytes })}`;
  }
}

const NAMES = Object.fromEntries(Object.entries(Kind).map(([name, kind]) => [kind, name]));

/** The name of a kind of frame. */
function kindName(kind: number): string {
  return NAMES[kind] ?? `kind ${kind}`;
}
