import type { HoldfastError } from "../../index.js";
import type { RecordChange } from "../store/store.js";
import type { Bodies, SealedBody } from "./bodies.js";
import type { StoredEntry } from "./body-codec.js";
import { EntryWaits } from "./entry-waits.js";
import { encodeHead } from "./head-codec.js";
import { encodeEntries, type JournalRecord } from "./journal-record.js";
import type { MessageNumbers } from "./message-numbers.js";

/** Bytes of bodies that one commit takes, about: so that those who wait for the first do not wait for all. */
const COMMIT_SIZE = 16 * 1024 * 1024;
/** Records up to this size grow, instead of getting a successor: whoever stores one message at a time must not make one record of each. */
export const GROWING_SIZE = 16 * 1024;

/** A record on its way to the disk. */
export interface Write {
  readonly record: JournalRecord;
  /** Is on disk, and gets the entries of `record`. */
  readonly target: JournalRecord | undefined;
  /** What `target` is to have. */
  readonly joined: Uint8Array | undefined;
  sealed: SealedBody | undefined;
  error: HoldfastError | undefined;
}

/** What has to be known of the journal. */
interface Surroundings {
  readonly numbers: MessageNumbers;
  /** The record that is sent before this one. */
  before(record: JournalRecord): JournalRecord | undefined;
}

/** Records that are not on disk, and the commit that brings them there. */
export class RecordWrites {
  /** In ascending order; with those that are on their way. */
  readonly waiting: JournalRecord[] = [];

  private readonly around: Surroundings;

  constructor(around: Surroundings) {
    this.around = around;
  }

  add(record: JournalRecord): void {
    const { waiting } = this;
    let place = waiting.length;
    while (place > 0 && waiting[place - 1].id > record.id) place--;
    waiting.splice(place, 0, record);
  }

  remove(record: JournalRecord): void {
    const place = this.waiting.indexOf(record);
    if (place >= 0) this.waiting.splice(place, 1);
  }

  /** Those that go with the next commit: closed, numbered, and encrypted as far as that succeeds. Never rejects. */
  async begin(bodies: Bodies): Promise<Write[]> {
    // What may be on disk as part of another one comes there by itself only together with that one, as it is known.
    for (const { partOf } of [...this.waiting]) {
      if (partOf?.touched && partOf.left > 0 && !this.waiting.includes(partOf)) this.add(partOf);
    }
    const writes = this.prepareSome();
    const unsealed = new Map<JournalRecord, HoldfastError>();
    for (const write of writes) {
      const { partOf } = write.record;
      write.error = partOf && unsealed.get(partOf);
      if (write.error) continue;
      try {
        write.sealed = await bodies.seal(write.joined ?? write.record.body!);
      } catch (error) {
        write.error = error as HoldfastError;
        unsealed.set(write.record, write.error);
      }
    }
    return writes;
  }

  /** Those that would go with the next commit, if there were not this error. */
  beginNone(error: HoldfastError): Write[] {
    return this.prepareSome().map((write) => ({ ...write, error }));
  }

  /** As the store takes it. */
  change({ record, target, sealed }: Write): RecordChange {
    const { bytes: body, ...facts } = sealed!;
    if (target === undefined) {
      Object.assign(record, facts);
      record.writtenDone = record.done;
      return { id: record.id, head: encodeHead(record.currentHead()), body };
    }
    const head = {
      ...target.currentHead(),
      ...facts,
      slots: target.slots + record.slots,
      lastAt: record.lastAt,
      expiresAt: Math.max(target.expiresAt, record.expiresAt),
    };
    return { id: target.id, head: encodeHead(head), body };
  }

  /** It is on disk: gives the record that has the entries now. */
  succeeded({ record, target, joined, sealed }: Write): JournalRecord {
    this.remove(record);
    record.state = "stored";
    record.touched = false;
    record.safe = false;
    record.partOf = undefined;
    if (target === undefined) return record;
    const { length, crc, encrypted } = sealed!;
    Object.assign(target, { length, crc, encrypted, body: joined, lastAt: record.lastAt, state: "stored" });
    if (record.waits !== undefined) {
      target.waits ??= new EntryWaits();
      target.waits.join(record.waits, target.slots);
    }
    // None has an outcome: what was ever handed out does not grow, and is not added to another one.
    target.slots += record.slots;
    target.left += record.left;
    target.clockOffset = Math.min(target.clockOffset, record.clockOffset);
    target.expiresAt = Math.max(target.expiresAt, record.expiresAt);
    return target;
  }

  /** It is not on disk: what nobody was promised stays for another try. Gives whether anything is left of it. */
  failed({ record, target, error: unsealed }: Write, error: HoldfastError): boolean {
    if (target) {
      target.state = unsealed ? "stored" : "memory";
      // As it was, or with what it was to get: the store says that nothing has changed, and may be wrong.
      target.touched ||= !unsealed;
      target.safe ||= !unsealed;
    }
    record.state = "memory";
    record.touched = true;
    if (target && !unsealed) record.partOf = target;
    const { waiters } = record;
    if (waiters.length > 0) record.withoutWaiters();
    for (const waiter of waiters) waiter.reject(error);
    return record.left > 0;
  }

  private prepareSome(): Write[] {
    const writes: Write[] = [];
    let bytes = 0;
    for (const record of this.waiting) {
      if (bytes >= COMMIT_SIZE) break;
      if (record.left === 0) continue;
      writes.push(this.prepare(record));
      bytes += record.size;
    }
    return writes;
  }

  private prepare(record: JournalRecord): Write {
    const target = this.growing(record);
    record.state = "committing";
    const body = record.seal();
    if (!record.numbered) record.number = this.around.numbers.take(record.slots);
    let joined: Uint8Array | undefined;
    if (target) {
      // Not handed out meanwhile, as it is and with what it gets.
      target.state = "committing";
      joined = encodeEntries(
        [...this.entries(target, target.body!), ...this.entries(record, body)],
        target.at,
      );
    }
    return { record, target, joined, sealed: undefined, error: undefined };
  }

  private growing(record: JournalRecord): JournalRecord | undefined {
    const before = this.around.before(record);
    if (before?.state !== "stored" || before.body === undefined) return undefined;
    if (!isWhole(before) || !isWhole(record)) return undefined;
    if (before.size >= GROWING_SIZE || record.size >= GROWING_SIZE) return undefined;
    const number = record.numbered ? record.number : this.around.numbers.next;
    if (before.prefix !== record.prefix) return undefined;
    return before.number + before.slots === number && before.lastAt <= record.at ? before : undefined;
  }

  private entries(record: JournalRecord, body: Uint8Array): StoredEntry[] {
    return record.messages(body).entries as StoredEntry[];
  }
}

/** None of its entries has an outcome, or is with somebody who may bring one; and what is on disk of it is known. */
function isWhole({ untouched, everHanded, touched }: JournalRecord): boolean {
  return untouched && !everHanded && !touched;
}
