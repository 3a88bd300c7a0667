import { codedError } from "../../checks/coded-error.js";
import { DurationHistogram, type HoldfastError, nuid, type OverflowMessage } from "../../index.js";
import { expiredError, parkedError, storeError } from "../errors.js";
import { AgeClock } from "./age-clock.js";
import { BatchFeed } from "./batch-feed.js";
import { Bodies } from "./bodies.js";
import { Deadline } from "./deadline.js";
import type { Batch, Entry } from "./entry.js";
import { ExpiryWatch } from "./expiry-watch.js";
import { GroupCommit } from "./group-commit.js";
import type { HandedBatch } from "./handed-batch.js";
import { Holdings, SETTLE_DELAY } from "./holdings.js";
import { Intake } from "./intake.js";
import { JournalCommit } from "./journal-commit.js";
import type { JournalCounts } from "./journal-counts.js";
import { Limits } from "./limits.js";
import { type FoundRecords, isStreamKnown, openStore } from "./open-store.js";
import { type JournalOptions, REAL_CLOCK } from "./options.js";
import { StoreCommits } from "./store-commits.js";
import { freshPrefix } from "./store-head.js";

const MIB = 1024 * 1024;
/** Upper bounds of {@link Journal.flushes}, ms. */
const FLUSH_BOUNDS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000];
type JournalSettings = Required<Pick<JournalOptions, "store" | "clock" | "events">>;

/**
 * What an outbox holds, in order, on disk and on its way there. One reader takes batches from it (`next()`, `takeUnstored()`), publishes them, and says what became of
 * them (`confirmed()`, `park()`, `again()`).
 */
export class Journal {
  /**
   * Reads what the store holds (heads only), and makes a new store ready.
   *
   * @throws HoldfastError `OUTBOX_FAILED` (operation `open`): it cannot be read, or is of a newer format; nothing was changed. The store is still the caller's then.
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const { store, encrypt, decrypt } = options;
    const bodies = new Bodies(store, encrypt, decrypt, options.clock);
    const found = await openStore(store, bodies);
    const journal = new Journal(options, bodies, found);
    await journal.begin(found);
    return journal;
  }

  /** The outbox's own id, with which all its message ids begin; the same for as long as the store exists. */
  readonly id: string;
  /** The stream that what it holds is for, as the store has it when it is opened; undefined: none, or it is not known. */
  readonly previousStream: string | undefined;
  /** See {@link OutboxStore.path}. */
  readonly path: string;
  /** How long the commits took, ms. */
  readonly flushes = new DurationHistogram(FLUSH_BOUNDS);
  private readonly options: JournalSettings;
  private readonly holdings: Holdings;
  private readonly limits: Limits;
  private readonly intake: Intake;
  private readonly commit: JournalCommit;
  private readonly commits: GroupCommit;
  private readonly storeCommits: StoreCommits;
  private readonly feed: BatchFeed;
  private readonly bodies: Bodies;
  private readonly ages: AgeClock;
  private readonly expiry: ExpiryWatch;
  private closed = false;
  private closing: Promise<void> | undefined;

  private constructor(given: JournalOptions, bodies: Bodies, found: FoundRecords) {
    const { store, clock = REAL_CLOCK, events = {}, commitDelay = 10 } = given;
    const { maxBytes = 1024 * MIB, maxAge = Number.POSITIVE_INFINITY, memoryLimit = 64 * MIB } = given;
    const outbox = found.head?.id ?? nuid.next();
    this.options = { store, clock, events };
    this.path = store.path;
    this.id = outbox;
    this.previousStream = found.head?.stream;
    const prefix = freshPrefix(outbox);
    this.ages = new AgeClock(clock);
    const request = (ms: number, urgent = false) => this.commits.request(ms, urgent);
    const holdings = new Holdings(found, {
      prefix,
      bodies,
      maxAge,
      ages: this.ages,
      events,
      request,
    });
    this.holdings = holdings;
    this.limits = new Limits(store.path, { maxBytes, memoryLimit }, holdings);
    this.intake = new Intake(found, { holdings, clock, commitDelay, request });
    this.storeCommits = new StoreCommits(store, clock);
    this.commit = new JournalCommit({
      outbox,
      stream: given.stream,
      formerStream: isStreamKnown(found) ? found.head?.stream : given.stream,
      created: found.head?.created ?? Math.floor(clock.now()),
      store: this.storeCommits,
      bodies,
      holdings,
      clock,
      events,
      flushes: this.flushes,
      commitDelay,
      takeId: this.intake.takeId,
      request,
      expect: (record) => this.expiry.expect(holdings.expiresAt(record)),
      wake: () => this.feed.wake(),
    });
    this.commits = new GroupCommit(clock, () => this.commit.run());
    this.feed = new BatchFeed({
      path: store.path,
      bodies,
      clock,
      maxAge,
      events,
      holdings,
      commits: this.commits,
      handed: () => this.intake.endKept(),
    });
    this.bodies = bodies;
    this.expiry = new ExpiryWatch(clock, (now) => holdings.sweep(now));
  }

  /** See {@link JournalCounts}. */
  get counts(): JournalCounts {
    return this.holdings.counts;
  }

  /** Messages without an outcome, on disk and in memory, with those handed out; without the parked ones, and without those whose `store()` is pending. */
  get messages(): number {
    return this.holdings.messages;
  }

  /** Those that are neither handed out nor settled, with those whose `store()` is pending: 0 means that a newer message may overtake nothing. */
  get unsent(): number {
    return this.holdings.unsent;
  }

  /** Calls of `store()` that are pending. */
  get pending(): number {
    return this.holdings.pending;
  }

  /** What counts against `maxBytes`: bytes on disk (parked and unreadable ones, too) and on their way there. */
  get bytes(): number {
    return this.holdings.bytes;
  }

  /** Of these, not on disk yet: what counts against `memoryLimit`. */
  get memoryBytes(): number {
    return this.holdings.memoryBytes;
  }

  /** Parked messages on disk, from earlier processes, too. */
  get parked(): number {
    return this.holdings.parked;
  }

  /** When the oldest without an outcome was taken, ms since the epoch; undefined when there is none. */
  get oldestAt(): number | undefined {
    return this.holdings.oldestAt;
  }

  /** Commits and reads that failed. */
  get failures(): number {
    return this.commit.failures + this.feed.failures;
  }

  /** What fails now, and is tried again after 100 ms … 5 s: to read the record whose turn it is, or else the last commit; undefined: nothing. */
  get failure(): HoldfastError | undefined {
    return this.feed.failure ?? (this.commits.failing ? this.commit.lastError : undefined);
  }

  /** See {@link failure}. */
  get failing(): boolean {
    return this.feed.failure !== undefined || this.commits.failing;
  }

  /** Whether the sum of {@link JournalCounts} is right; for tests. */
  get balanced(): boolean {
    return this.holdings.balanced;
  }

  /** Whether `take()` would take a message of so many encoded bytes. */
  hasRoomFor(bytes: number): boolean {
    return this.limits.hasRoomFor(bytes);
  }

  /**
   * Takes a message that was offered: it is in memory after this, and on disk after the next commit (within `commitDelay`, and how long that takes). False: there is no
   * room, or the journal is closed.
   */
  take(message: OverflowMessage): boolean {
    const { holdings } = this;
    if (!this.limits.hasRoomFor(message.bytes)) return false;
    this.intake.append(message);
    holdings.counts.stored++;
    holdings.messages++;
    return true;
  }

  /**
   * In the turn of `take()`: resolves when a server has confirmed the message that was taken last. Rejects when none will (`MESSAGE_DROPPED`: its time has passed; `OUTBOX_FAILED`: it
   * is lost; or what it was parked with), and with `endWaits()`.
   *
   * @param soon it is on its way to the disk at once, not after `commitDelay`
   */
  confirmLast(soon: boolean): Promise<void> {
    if (soon) this.commits.request(0);
    return this.intake.confirmLast() ?? Promise.reject(codedError("INVALID_OPERATION", "nothing was taken"));
  }

  /** Nothing is sent for the time being: who waits for a confirmation is told so (`OVERFLOWED`). */
  endWaits(): void {
    this.holdings.endWaits(this.commits.failing ? this.commit.lastError : undefined);
  }

  /**
   * Resolves when the message is on disk. Calls share commits. What rejects is not kept.
   *
   * @throws HoldfastError (rejects) `OUTBOX_FULL`, `OUTBOX_FAILED` (operation `commit` or `encrypt`), `INVALID_OPERATION` when it is closed
   */
  store(message: OverflowMessage): Promise<void> {
    const refusal = this.limits.refusal(message);
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const record = this.intake.append(message);
      record.waiters.push({ slot: record.slots - 1, resolve, reject });
      this.holdings.pending++;
      this.commits.request(0, true);
    });
  }

  /**
   * Takes a message that is older than all it holds, or, with `behind`, than all that was taken after this batch had been handed out last: successive calls for one place,
   * with nothing taken or handed out in between, keep their order. Bounded by `maxBytes` only, since what comes is a connection's window. False: there is no room, or the
   * journal is closed.
   */
  keep(message: OverflowMessage, _maybeDelivered: boolean, behind?: Batch): boolean {
    const record = (behind as HandedBatch | undefined)?.record;
    if (!this.limits.hasRoom(message.bytes) || !this.intake.keep(message, record?.id)) return false;
    this.feed.interrupt();
    this.holdings.counts.stored++;
    this.holdings.messages++;
    return true;
  }

  /**
   * The next batch to be sent: each once, in order, until `again()`. Waits for a commit or a read that is on its way, about a second. Undefined: there is none now, and
   * event `work` tells when there is more; what is in memory only is for `takeUnstored()`, or comes by itself after the next commit. Reads one batch per call; calls do not
   * overlap. Never rejects: what is damaged is told (`lost`) and passed over; what cannot be read for another reason is told (`failed`), and tried until it can, with all
   * that is behind it waiting.
   */
  next(): Promise<Batch | undefined> {
    return this.feed.next();
  }

  /**
   * The oldest batch, if it is in memory only and on no way to the disk, and nobody was promised that it is stored: to be published straight from memory. Call it until it
   * has none. It is handed out like one of `next()`, but leaves the journal without having been on disk when it is confirmed; `again()` puts it back, and it is stored then.
   */
  takeUnstored(): Batch | undefined {
    return this.feed.takeUnstored();
  }

  /**
   * The first `count` entries of the batch are done: with those that were parked before, counted once however often it is called. When all are, the batch is removed from
   * disk with the next commit (at the latest 50 ms, or 64 batches, later). Also right after `again()`, for a confirmation that came late.
   */
  confirmed(batch: Batch, count: number): void {
    const handed = batch as HandedBatch;
    const settled = handed.confirm(count);
    if (settled === 0) return;
    this.holdings.counts.confirmed += settled;
    this.holdings.settled(handed.record, settled);
  }

  /** ms that an entry of the batch may still be worth sending, at least 1; undefined: without end. By the clock of its record: see {@link AgeClock}. */
  timeLeft(batch: Batch, { expiresAt }: Entry): number | undefined {
    if (expiresAt === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(1, expiresAt - this.ages.now((batch as HandedBatch).record));
  }

  /** Entry `index` of the batch was dropped on its way, because its time had passed: it is not handed out any more. */
  expired(batch: Batch, index: number): void {
    const { record, slots } = batch as HandedBatch;
    if (slots[index] === undefined || !record.settle(slots[index])) return;
    record.waits?.ended(slots[index], expiredError());
    this.holdings.counts.expired++;
    this.holdings.settled(record, 1);
  }

  /**
   * Entry `index` of the batch is refused for good: it is stored apart, with the reason, and not handed out any more; in one transaction with the batch's progress. `error` is for
   * who waits for its confirmation; default: `MESSAGE_DROPPED`.
   */
  park(batch: Batch, index: number, reason: string, error?: Error): void {
    const { record, slots, entries } = batch as HandedBatch;
    const { holdings } = this;
    if (slots[index] === undefined || !record.settle(slots[index])) return;
    record.waits?.ended(slots[index], error ?? parkedError(entries[index].subject, reason));
    holdings.counts.refused++;
    holdings.parked++;
    holdings.outcomes.park(record, entries[index], reason);
    holdings.settled(record, 1);
    this.commits.request(SETTLE_DELAY);
  }

  /** What was handed out and has no outcome is handed out again, from the oldest. */
  again(): void {
    const some = this.holdings.takeBack();
    this.feed.interrupt();
    if (this.holdings.writes.waiting.length > 0) this.commits.request(0);
    if (some) this.feed.wake();
  }

  /** What was handed out by `takeUnstored()` goes to the disk with the next commit as well, and stays handed out. */
  secure(): void {
    if (this.holdings.secure()) this.commits.request(0);
  }

  /** Resolves when all that was taken and settled so far is on disk, or a commit with it has failed (see {@link failing}). Never rejects. */
  async flushed(): Promise<void> {
    const { begun } = this.commit;
    const { running } = this.commits;
    const records = [...this.holdings.writes.waiting];
    const outcomes = this.holdings.outcomes.size > 0;
    const open = () => records.some(({ state, handed, left }) => state !== "stored" && !handed && left > 0);
    // A commit that is under way does not have the outcomes of now.
    while (!this.closed && (open() || (outcomes && this.commit.begun === begun))) {
      this.commits.request(0, true);
      await this.commits.ended();
      if (this.commits.failing) return;
    }
    if (running && this.commits.running) await this.commits.ended();
  }

  /**
   * Writes what can be written, within 30 s, then closes the store. What cannot be written is told by `lost`. A second call gets the same promise.
   *
   * @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `close`: the store cannot be closed, or not within 30 s, or has not settled a commit; it may be in use still
   */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** Says what was found, and writes that this process has its numbers. */
  private async begin(found: FoundRecords): Promise<void> {
    const succeeded = await this.commit.run();
    if (!succeeded && found.head === undefined) throw storeError("open", this.path, this.commit.lastError);
    if (!succeeded) this.commits.request(0);
    for (const record of found.records) this.expiry.expect(this.holdings.expiresAt(record));
    const { events } = this.options;
    for (const { id, error } of found.damaged) events.lost?.({ record: id, messages: undefined, error });
  }

  private async end(): Promise<void> {
    this.limits.isClosed = true;
    this.again();
    const flushing = new Deadline(this.options.clock).within(() => this.lastFlush(), "the last commit");
    // It rejects when time is up: then what is under way is ended.
    await Promise.resolve(flushing).catch(() => {});
    this.closed = true;
    this.commits.stop();
    this.commit.stop();
    if (this.commits.running) await this.commits.ended();
    this.expiry.stop();
    this.feed.stop();
    this.bodies.stop();
    await this.feed.ended();
    const { lastError } = this.commit;
    this.holdings.giveUp(lastError ?? storeError("commit", this.path, undefined, "it was closed"));
    await this.storeCommits.close();
  }

  /** All goes to the disk, or a commit of now has failed. */
  private async lastFlush(): Promise<void> {
    const { running } = this.commits;
    await this.flushed();
    // One that had begun before says nothing of now.
    if (running && this.commits.failing && !this.closed) await this.flushed();
  }
}
