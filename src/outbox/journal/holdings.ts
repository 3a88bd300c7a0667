import type { HoldfastError } from "../../index.js";
import { expiredError, keptError } from "../errors.js";
import type { AgeClock } from "./age-clock.js";
import type { Bodies } from "./bodies.js";
import { BodyCache } from "./body-cache.js";
import type { StoredEntry } from "./body-codec.js";
import { HandedBatch } from "./handed-batch.js";
import { type JournalRecord, RECORD_OVERHEAD } from "./journal-record.js";
import { MessageNumbers } from "./message-numbers.js";
import type { FoundRecords } from "./open-store.js";
import type { JournalEvents } from "./options.js";
import { Outcomes } from "./outcomes.js";
import { RecordQueue } from "./record-queue.js";
import { RecordWrites } from "./record-writes.js";

/** Until an outcome is written, ms; and how many outcomes make it at once. */
export const SETTLE_DELAY = 50;
const SETTLE_AT = 64;

/** What holdings need from around them. */
interface Surroundings {
  /** What the message ids begin with that this process gives. */
  readonly prefix: string;
  readonly bodies: Bodies;
  readonly maxAge: number;
  readonly ages: AgeClock;
  readonly events: Partial<JournalEvents>;
  /** A commit is wanted within `ms`. */
  request(ms: number): void;
}

/** All records that are held, where they are, and the books about them. */
export class Holdings {
  readonly counts = { recovered: 0, stored: 0, confirmed: 0, expired: 0, refused: 0, lost: 0 };
  /** Without an outcome and without those whose `store()` is pending. */
  messages = 0;
  pending = 0;
  bytes: number;
  memoryBytes = 0;
  parked: number;
  /** What is not handed out, in order. */
  readonly queue = new RecordQueue();
  readonly outcomes = new Outcomes();
  readonly writes: RecordWrites;
  readonly numbers: MessageNumbers;
  private readonly around: Surroundings;
  private readonly cache = new BodyCache();
  private readonly handed = new Set<JournalRecord>();
  /** Numbers of records that stay on disk, whatever they have: parked, or unreadable. */
  private readonly staying: Set<number>;
  /** Messages that are handed out and have no outcome. */
  private inHand = 0;

  constructor(found: FoundRecords, around: Surroundings) {
    this.around = around;
    const numbers = new MessageNumbers(found.head?.reserved ?? 0);
    this.numbers = numbers;
    this.writes = new RecordWrites({ numbers, before: (record) => this.before(record) });
    this.bytes = found.setAside;
    this.staying = new Set([...found.parked, ...found.damaged].map(({ id }) => id));
    this.parked = found.parked.reduce((sum, { head }) => sum + head.slots - head.done - head.gone, 0);
    for (const record of found.records) {
      around.ages.found(record);
      this.bytes += record.bytes;
      if (record.left === 0) this.outcomes.progress(record);
      else this.queue.add(record);
      this.counts.recovered += record.left;
      this.messages += record.left;
    }
  }

  get unsent(): number {
    return this.messages - this.inHand + this.pending;
  }

  get balanced(): boolean {
    const { recovered, stored, confirmed, expired, refused, lost } = this.counts;
    return recovered + stored === confirmed + expired + refused + lost + this.messages;
  }

  get oldestAt(): number | undefined {
    const [handed] = this.handed;
    const { first } = this;
    if (handed && first) return Math.min(handed.at, first.at);
    return (handed ?? first)?.at;
  }

  /** The oldest that is not handed out, and has something to be sent. */
  get first(): JournalRecord | undefined {
    while (this.queue.first?.left === 0) this.queue.shift();
    return this.queue.first;
  }

  /** Whether anything with this number, or a higher one, is to be sent, or handed out. */
  hasFrom(id: number): boolean {
    for (const record of this.handed) if (record.id >= id) return true;
    return this.queue.hasFrom(id);
  }

  /** Numbers of all records that are held, or are on disk still, or may be. */
  *numbersInUse(): Generator<number> {
    for (const { id } of this.queue) yield id;
    for (const { id } of this.handed) yield id;
    for (const { id } of this.writes.waiting) yield id;
    yield* this.outcomes.removals();
    yield* this.staying;
  }

  /** A new record, which is in memory. */
  add(record: JournalRecord): void {
    record.prefix = this.around.prefix;
    this.around.ages.taken(record);
    this.queue.add(record);
    this.writes.add(record);
  }

  /** It takes so much more of the limits, as long as it is in memory. */
  grown(bytes: number): void {
    this.bytes += bytes;
    this.memoryBytes += bytes;
  }

  /**
   * Hands out the first record.
   *
   * @param found what its body has
   * @returns undefined when all its entries have expired
   */
  hand(record: JournalRecord, found: readonly (StoredEntry | undefined)[]): HandedBatch | undefined {
    const now = this.around.ages.now(record);
    const entries: StoredEntry[] = [];
    const slots: number[] = [];
    const expired = { messages: 0, ttl: 0, maxAge: 0 };
    for (let slot = record.done; slot < found.length; slot++) {
      const entry = found[slot];
      if (entry === undefined || record.isSettled(slot)) continue;
      if (entry.expiresAt > now) {
        entries.push(entry);
        slots.push(slot);
        continue;
      }
      record.settle(slot);
      record.waits?.ended(slot, expiredError());
      expired.messages++;
      expired[entry.expiry <= now ? "ttl" : "maxAge"]++;
    }
    this.queue.shift();
    const batch = entries.length > 0 ? new HandedBatch(record, entries, slots) : undefined;
    this.counts.expired += expired.messages;
    this.settled(record, expired.messages);
    if (batch) {
      record.handed = true;
      record.everHanded = true;
      this.handed.add(record);
      this.inHand += record.left;
    }
    if (record.state === "stored") this.cache.remove(record);
    if (expired.messages > 0) this.around.events.expired?.(expired);
    return batch;
  }

  /** So many entries of it have got their outcome. */
  settled(record: JournalRecord, count: number): void {
    this.messages -= count;
    if (record.handed) this.inHand -= count;
    if (record.left === 0) {
      this.handed.delete(record);
      record.handed = false;
    }
    if (record.state === "stored") {
      this.outcomes.progress(record);
      if (record.left === 0) this.cache.remove(record);
      const { size } = this.outcomes;
      if (size > 0) this.around.request(size < SETTLE_AT ? SETTLE_DELAY : 0);
    } else if (record.state === "memory" && record.left === 0) this.drop(record);
  }

  /** What is handed out from memory is to be written; gives whether there is any. */
  secure(): boolean {
    let some = false;
    for (const record of this.handed) {
      if (record.state !== "memory" || this.writes.waiting.includes(record)) continue;
      this.writes.add(record);
      some = true;
    }
    return some;
  }

  /** What is handed out is not any more; gives whether there was any. */
  takeBack(): boolean {
    const records = [...this.handed];
    this.handed.clear();
    this.inHand = 0;
    for (const record of records) {
      record.handed = false;
      // It may be there already: see `secure()`.
      if (record.state === "memory" && !this.writes.waiting.includes(record)) this.writes.add(record);
    }
    this.queue.addAll(records);
    return records.length > 0;
  }

  /** It was in memory, and is on disk now, in `home`: itself, or one that has grown. Gives how many messages that are. */
  stored(record: JournalRecord, home: JournalRecord): number {
    const { waiters, slots } = record;
    this.grown(-record.bytes);
    this.bytes += RECORD_OVERHEAD + home.length;
    if (home !== record) {
      this.bytes -= home.bytes;
      this.queue.remove(record);
    }
    home.bytes = RECORD_OVERHEAD + home.length;
    record.waiters = [];
    this.pending -= waiters.length;
    this.counts.stored += waiters.length;
    this.messages += waiters.length;
    this.cache.add(home);
    // A late confirmation may have come while it was on its way.
    this.settled(home, 0);
    for (const waiter of waiters) waiter.resolve();
    return slots;
  }

  /** What is on disk may be this record, or what it was to become: it is written anew, from memory. */
  doubtful(record: JournalRecord): void {
    this.cache.release(record);
    this.memoryBytes += record.bytes;
    this.writes.add(record);
    // A late confirmation may have come while the commit was under way.
    this.settled(record, 0);
  }

  /** A record that is in memory only is no more. */
  drop(record: JournalRecord): void {
    this.writes.remove(record);
    this.queue.remove(record);
    this.grown(-record.bytes);
    // Nothing is added to it, whoever still has it.
    record.seal();
    if (!record.touched) return;
    this.outcomes.discard(record.id);
    this.around.request(SETTLE_DELAY);
  }

  /** Some of its entries were perhaps found to be among the parked ones, when it was read. */
  foundParked(record: JournalRecord): void {
    const count = record.takeUnbooked();
    if (count === 0) return;
    this.counts.refused += count;
    this.settled(record, count);
  }

  /** It cannot be read: it stays on disk as it is. */
  lose(record: JournalRecord, error: HoldfastError): void {
    this.foundParked(record);
    const messages = record.settleAll();
    record.waits?.allEnded(error);
    this.queue.remove(record);
    this.staying.add(record.id);
    this.counts.lost += messages;
    this.messages -= messages;
    this.around.events.lost?.({ record: record.id, messages, error });
  }

  /** What never came to the disk, at the end. */
  giveUp(error: HoldfastError): void {
    let messages = 0;
    for (const record of [...this.writes.waiting]) {
      if (record.safe) continue;
      const { waiters } = record;
      record.waiters = [];
      this.pending -= waiters.length;
      messages += record.settleAll() - waiters.length;
      record.waits?.allEnded(error);
      this.drop(record);
      for (const waiter of waiters) waiter.reject(error);
    }
    if (messages === 0) return;
    this.counts.lost += messages;
    this.messages -= messages;
    this.around.events.lost?.({ record: 0, messages, error });
  }

  /**
   * Who waits for the end of an entry is told that it is kept, and sent later.
   *
   * @param failure why some of it may not be on disk
   */
  endWaits(failure: HoldfastError | undefined): void {
    for (const record of [...this.queue, ...this.handed]) {
      const isStored = record.state === "stored" || record.safe;
      record.waits?.allEnded(keptError(record.everHanded, isStored ? undefined : failure));
    }
  }

  /** Drops what has expired as a whole, by the heads; gives when something will. */
  sweep(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    const expired: JournalRecord[] = [];
    for (const record of this.queue) {
      if (record.left === 0) continue;
      const at = this.expiresAt(record);
      const left = at - this.around.ages.now(record);
      const isFree = record.state === "stored" || (record.state === "memory" && record.waiters.length === 0);
      if (left <= 0 && isFree) expired.push(record);
      else next = Math.min(next, now + left);
    }
    const found = { messages: 0, ttl: 0, maxAge: 0 };
    for (const record of expired) {
      this.foundParked(record);
      const count = record.settleAll();
      record.waits?.allEnded(expiredError());
      found.messages += count;
      found[record.expiresAt <= this.around.ages.now(record) ? "ttl" : "maxAge"] += count;
      this.counts.expired += count;
      this.settled(record, count);
    }
    if (found.messages > 0) this.around.events.expired?.(found);
    return next;
  }

  /** When all of it has expired. */
  expiresAt(record: JournalRecord): number {
    return Math.min(record.expiresAt, record.lastAt + this.around.maxAge);
  }

  /** The record that is sent before this one, if nobody has one in between. */
  private before(record: JournalRecord): JournalRecord | undefined {
    const before = this.queue.before(record);
    if (before === undefined) return undefined;
    for (const { id } of this.handed) if (id > before.id && id < record.id) return undefined;
    return before;
  }
}
