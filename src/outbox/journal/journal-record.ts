import type { HoldfastError, OverflowMessage } from "../../index.js";
import { BodyWriter, type DecodedBody, decodeBody, type StoredEntry } from "./body-codec.js";
import { EntryWaits } from "./entry-waits.js";
import type { RecordHead } from "./head-codec.js";

/** What a record takes beside its body, about: its head, and what the store needs. */
export const RECORD_OVERHEAD = 256;
/** No number given yet. */
const UNNUMBERED = -1;

/** Somebody who waits until an entry is on disk. */
export interface Waiter {
  readonly slot: number;
  resolve(): void;
  reject(error: HoldfastError): void;
}

/** A record as the journal knows it: gathered, on its way to the disk, or there; its entries are those of the body, whose outcomes it counts. */
export class JournalRecord {
  /** `memory`: not on disk, or only perhaps; `committing`: a commit with it is under way; `stored`: on disk. */
  state: "memory" | "committing" | "stored" = "memory";
  recovered = false;
  /** The reader has it. */
  handed = false;
  /** The reader has it, or has had it: what comes back of it late is for this record, so that its entries stay where they are. */
  everHanded = false;
  /** A commit with it failed: whatever the store says, something of it may be on disk. */
  touched = false;
  /** It was on disk, and is there still, perhaps with more entries than are known: see {@link touched}. */
  safe = false;
  /** A commit that has failed was to add its entries to this one: they may be on disk as part of it. */
  partOf: JournalRecord | undefined;
  /** What the wall clock was ahead of the monotonic one when its entries were taken, ms. */
  clockOffset = 0;
  slots = 0;
  /** Slots without an outcome; those whose `store()` is pending count. */
  left = 0;
  /** Slots from the start that have their outcome. */
  done = 0;
  /** What is on disk of `done`. */
  writtenDone = 0;
  /** Slots without an entry behind the `done` that was found on disk; which ones is known when the body has been read. */
  gone = 0;
  private goneSlots: number[] | undefined;
  /** So many were left out, and count as messages still. */
  private unbooked = 0;
  /** Ranges of slots that are left out as soon as it is known which are gone. */
  private leftOut: { readonly from: number; readonly to: number }[] = [];
  number = UNNUMBERED;
  /** What the message ids of its entries begin with: that of the process that took them. */
  prefix = "";
  lastAt: number;
  expiresAt = 0;
  /** What it takes of `maxBytes`. */
  bytes = RECORD_OVERHEAD;
  /** What is on disk. */
  length = 0;
  crc = 0;
  encrypted = false;
  /** Encoded, not encrypted: always when it is not on disk and not gathering, else as long as there is room for it. */
  body: Uint8Array | undefined;
  /** How much of the journal's room for bodies it takes. */
  cached = 0;
  waiters: Waiter[] = [];
  /** Who waits for the ends of its entries; undefined: nobody ever did. */
  waits: EntryWaits | undefined;
  private writer: BodyWriter | undefined;
  /** One byte per slot, 1 when it has an outcome; undefined: the first `done` have. */
  private settled: Uint8Array | undefined;

  readonly id: number;
  readonly at: number;

  constructor(id: number, at: number) {
    this.id = id;
    this.at = at;

    this.lastAt = at;
  }

  /** A new one, to be added to. */
  static open(id: number, at: number): JournalRecord {
    const record = new JournalRecord(id, at);
    record.writer = new BodyWriter(at);
    record.bytes += record.writer.size;
    return record;
  }

  /** One that is on disk. */
  static stored(id: number, head: RecordHead): JournalRecord {
    const record = new JournalRecord(id, head.at);
    const { slots, done, gone, number, lastAt, expiresAt, length, crc, encrypted } = head;
    record.prefix = head.outbox;
    Object.assign(record, { slots, done, gone, number, lastAt, expiresAt, length, crc, encrypted });
    record.state = "stored";
    record.recovered = true;
    record.left = slots - done - gone;
    record.writtenDone = done;
    record.bytes = RECORD_OVERHEAD + length;
    return record;
  }

  get numbered(): boolean {
    return this.number !== UNNUMBERED;
  }

  /** Whether more can be added. */
  get gathering(): boolean {
    return this.writer !== undefined;
  }

  /** Encoded bytes that it has, or that are on disk. */
  get size(): number {
    return this.writer?.size ?? this.body?.length ?? this.length;
  }

  /** No entry has an outcome. */
  get untouched(): boolean {
    return this.left === this.slots;
  }

  /** See {@link EntryWaits.confirmation}: of the entry that was added last. */
  confirmLast(): Promise<void> {
    this.waits ??= new EntryWaits();
    return this.waits.confirmation(this.slots - 1);
  }

  /** Adds a message; gives how many bytes it took. Times of a record do not go back, whatever `now` is. */
  add(
    message: Pick<OverflowMessage, "subject" | "reply" | "headers" | "payload">,
    now: number,
    expiresAt: number,
  ): number {
    const writer = this.writer!;
    const at = Math.max(now, this.lastAt);
    const before = writer.size;
    writer.add(message, at, expiresAt);
    this.slots++;
    this.left++;
    this.lastAt = at;
    if (expiresAt > this.expiresAt) this.expiresAt = expiresAt;
    const bytes = writer.size - before;
    this.bytes += bytes;
    return bytes;
  }

  /** The encoded body; nothing is added after this. Only of one that is not on disk, or whose body is at hand. */
  seal(): Uint8Array {
    if (this.writer) {
      this.body = this.writer.finish();
      this.writer = undefined;
    }
    return this.body!;
  }

  /** @throws Error when the body is not what the head promises */
  messages(body: Uint8Array, maxAge = Number.POSITIVE_INFINITY): DecodedBody {
    const { prefix, number, slots } = this;
    const decoded = decodeBody(body, { outbox: prefix, number, slots, maxAge });
    if (this.gone > 0 && this.goneSlots === undefined) {
      // `left` does not count them.
      this.goneSlots = [];
      for (let slot = this.done; slot < slots; slot++) {
        if (decoded.entries[slot] !== undefined) continue;
        this.goneSlots.push(slot);
        this.mark(slot);
      }
      this.advance();
      const { left } = this;
      for (const { from, to } of this.leftOut) this.leaveOut(from, to);
      this.unbooked += left - this.left;
    }
    return decoded;
  }

  /** These slots have their outcome elsewhere. `left` counts no gone ones, so that it has to be known which ones they are: else it is done when the body has been read. */
  leaveOut(from: number, to: number): void {
    if (this.gone > 0 && this.goneSlots === undefined) this.leftOut.push({ from, to });
    else for (let slot = from; slot < to; slot++) this.settle(slot);
  }

  /** How many were left out since it was asked last. */
  takeUnbooked(): number {
    const { unbooked } = this;
    this.unbooked = 0;
    return unbooked;
  }

  /** Its head as it is to be written, for the body that is on disk, or that goes with it. */
  currentHead(parked = false): RecordHead {
    const { prefix: outbox, slots, done, number, at, lastAt, expiresAt, length, crc, encrypted } = this;
    const gone = this.goneSlots?.filter((slot) => slot >= done).length ?? this.gone;
    return { outbox, parked, encrypted, slots, done, gone, length, crc, at, lastAt, number, expiresAt };
  }

  /** A slot gets its outcome; false when it has one. */
  settle(slot: number): boolean {
    if (this.isSettled(slot)) return false;
    if (slot === this.done && this.settled === undefined) this.done++;
    else this.mark(slot);
    this.left--;
    this.advance();
    return true;
  }

  /** All slots get their outcome; gives how many had none. */
  settleAll(): number {
    const { left } = this;
    this.left = 0;
    this.done = this.slots;
    return left;
  }

  isSettled(slot: number): boolean {
    return slot < this.done || this.settled?.[slot] === 1;
  }

  /**
   * Without the entries of those who wait, who were told that they are not kept; gives how many bytes are saved. The others keep their numbers, with gaps in between: they
   * may be on disk with these already. None has an outcome.
   */
  withoutWaiters(): number {
    const refused = this.waiters.map(({ slot }) => slot);
    const { entries } = this.messages(this.seal());
    for (const slot of refused) entries[slot] = undefined;
    const before = this.bytes;
    this.waiters = [];
    this.encode(entries);
    this.goneSlots = [...(this.goneSlots ?? []), ...refused];
    this.gone = this.goneSlots.length;
    for (const slot of refused) this.settle(slot);
    return before - this.bytes;
  }

  /** Other entries instead of its own; none has an outcome, or a number. */
  replace(entries: readonly StoredEntry[], reason?: string): void {
    this.slots = entries.length;
    this.left = entries.length;
    this.number = UNNUMBERED;
    this.prefix = entries[0]?.outbox ?? this.prefix;
    this.encode(entries, reason);
  }

  private encode(entries: readonly (StoredEntry | undefined)[], reason?: string): void {
    this.body = encodeEntries(entries, this.at, reason);
    const kept = entries.filter((entry) => entry !== undefined);
    this.lastAt = kept.at(-1)?.at ?? this.at;
    this.expiresAt = kept.reduce((latest, { expiry }) => Math.max(latest, expiry), 0);
    this.bytes = RECORD_OVERHEAD + this.body.length;
  }

  private mark(slot: number): void {
    this.settled ??= new Uint8Array(this.slots).fill(1, 0, this.done);
    this.settled[slot] = 1;
  }

  private advance(): void {
    if (this.settled === undefined) return;
    while (this.done < this.slots && this.settled[this.done] === 1) this.done++;
  }
}

/** @param at not after that of the first */
export function encodeEntries(
  entries: readonly (StoredEntry | undefined)[],
  at: number,
  reason?: string,
): Uint8Array {
  const writer = new BodyWriter(at, reason);
  for (const entry of entries) {
    if (entry) writer.add(entry, entry.at, entry.expiry);
    else writer.addGone();
  }
  return writer.finish();
}
