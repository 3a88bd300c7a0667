import type { HoldfastError, OverflowMessage } from "../../index.js";
import { BodyWriter, type DecodedBody, decodeBody, type StoredEntry } from "./body-codec.js";
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
  /** A commit with it failed: whatever the store says, something of it may be on disk. */
  touched = false;
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
  number = UNNUMBERED;
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

  /** Adds a message; gives how many bytes it took. */
  add(
    message: Pick<OverflowMessage, "subject" | "reply" | "headers" | "payload">,
    at: number,
    expiresAt: number,
  ): number {
    const writer = this.writer!;
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
  decode(body: Uint8Array, outbox: string, maxAge: number): DecodedBody {
    const { number, slots } = this;
    const decoded = decodeBody(body, { outbox, number, slots, maxAge });
    if (this.gone > 0 && this.goneSlots === undefined) {
      // `left` does not count them.
      this.goneSlots = [];
      for (let slot = this.done; slot < slots; slot++) {
        if (decoded.entries[slot] !== undefined) continue;
        this.goneSlots.push(slot);
        this.mark(slot);
      }
      this.advance();
    }
    return decoded;
  }

  /** Its head as it is to be written, for the body that is on disk, or that goes with it. */
  head(outbox: string, parked = false): RecordHead {
    const { slots, done, number, at, lastAt, expiresAt, length, crc, encrypted } = this;
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

  /** Without the entries of those who wait, who were told that they are not kept; gives how many bytes are saved. */
  withoutWaiters(outbox: string): number {
    const refused = new Set(this.waiters.map(({ slot }) => slot));
    const { entries } = this.decode(this.seal(), outbox, Number.POSITIVE_INFINITY);
    const kept = entries.filter((_, slot) => !refused.has(slot)) as StoredEntry[];
    const before = this.bytes;
    this.waiters = [];
    this.replace(kept);
    return before - this.bytes;
  }

  /** Other entries instead of its own; none has an outcome. They get other numbers: those that were given may be on disk. */
  replace(entries: readonly StoredEntry[], reason?: string): void {
    this.body = encodeEntries(entries, this.at, reason);
    this.slots = entries.length;
    this.left = entries.length;
    this.lastAt = entries.at(-1)?.at ?? this.at;
    this.expiresAt = entries.reduce((latest, { expiry }) => Math.max(latest, expiry), 0);
    this.number = UNNUMBERED;
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
export function encodeEntries(entries: readonly StoredEntry[], at: number, reason?: string): Uint8Array {
  const writer = new BodyWriter(at, reason);
  for (const entry of entries) writer.add(entry, entry.at, entry.expiry);
  return writer.finish();
}
