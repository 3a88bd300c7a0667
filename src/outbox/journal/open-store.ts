import { type HoldfastError, nuid } from "../../index.js";
import { storeError } from "../errors.js";
import type { OutboxStore } from "../store/store.js";
import type { Bodies } from "./bodies.js";
import { decodeHead, NewerFormat, type RecordHead } from "./head-codec.js";
import { JournalRecord, RECORD_OVERHEAD } from "./journal-record.js";
import { decodeStoreHead, FIRST_RECORD, outboxIdOf, STORE_HEAD, type StoreHead } from "./store-head.js";

/** Numbers that are given up when the store's head is damaged: more than any process may have had in its hands. */
const LEAP = 2 ** 40;

/** A record that cannot be understood. */
export interface DamagedRecord {
  readonly id: number;
  readonly error: HoldfastError;
}

/** What a store holds, by its heads. */
export interface FoundRecords {
  /** Undefined: the store is new. */
  readonly head: StoreHead | undefined;
  /** To be sent, in order. */
  readonly records: JournalRecord[];
  readonly parked: readonly ParkedRecord[];
  readonly damaged: readonly DamagedRecord[];
  /** Bytes, about, of parked and damaged ones. */
  readonly setAside: number;
  readonly firstId: number;
  readonly lastId: number;
  /** The latest time that any entry has; 0: none. */
  readonly lastAt: number;
}

/** A record whose entries were refused. */
export interface ParkedRecord {
  readonly id: number;
  readonly head: RecordHead;
}

/**
 * Reads all heads, and no body but of records from which single entries were purged and others parked.
 *
 * @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `open`
 */
export async function openStore(store: OutboxStore, bodies: Bodies): Promise<FoundRecords> {
  const found = readHeads(store);
  await leaveOutParked(found, bodies);
  return found;
}

/** @throws HoldfastError `OUTBOX_FAILED`, operation `open` */
export function readHeads(store: OutboxStore): FoundRecords & { damaged: DamagedRecord[] } {
  const { path } = store;
  const records: JournalRecord[] = [];
  const parked: ParkedRecord[] = [];
  const damaged: DamagedRecord[] = [];
  let head: StoreHead | undefined;
  let headError: unknown;
  let outbox: string | undefined;
  let setAside = 0;
  let lastAt = 0;
  let firstId = FIRST_RECORD;
  let lastId = FIRST_RECORD - 1;
  let nextNumber = 0;
  let before = 0;
  try {
    for (const { id, head: bytes } of store.records()) {
      // Of a store that somebody has brought: with such numbers new records would be written over old ones.
      if (!Number.isSafeInteger(id) || id <= before) throw new Error(`record ${id} comes after ${before}`);
      before = id;
      if (id !== STORE_HEAD) {
        firstId = Math.min(firstId, id);
        lastId = Math.max(lastId, id);
      }
      try {
        if (id === STORE_HEAD) {
          head = decodeStoreHead(bytes);
          continue;
        }
        const decoded = decodeHead(bytes);
        outbox ??= decoded.outbox;
        lastAt = Math.max(lastAt, decoded.lastAt);
        nextNumber = Math.max(nextNumber, decoded.number + decoded.slots);
        if (decoded.parked) {
          parked.push({ id, head: decoded });
          setAside += RECORD_OVERHEAD + decoded.length;
        } else records.push(JournalRecord.stored(id, decoded));
      } catch (error) {
        if (error instanceof NewerFormat) throw error;
        if (id === STORE_HEAD) headError = error;
        else setAside += RECORD_OVERHEAD;
        const why = `record ${id} is damaged: ${(error as Error).message}`;
        damaged.push({ id, error: storeError("decode", path, error, why) });
      }
    }
  } catch (error) {
    throw storeError("open", path, error);
  }
  if (headError !== undefined || (head === undefined && outbox !== undefined)) {
    // Its id is in every head, too. Without any there is nothing that a new id could do harm to.
    const id = outbox === undefined ? nuid.next() : outboxIdOf(outbox);
    head = { id, created: lastAt, reserved: nextNumber + LEAP };
  }
  return { head, records, parked, damaged, setAside, firstId, lastId, lastAt };
}

/** Whether the store's own head could be read: a new one that stands in for it names no stream. */
export function isStreamKnown({ head, damaged }: FoundRecords): boolean {
  return head !== undefined && !damaged.some(({ id }) => id === STORE_HEAD);
}

/** Entries that were parked, and whose record had others left: their place in it has its outcome, as the numbers tell. */
async function leaveOutParked(found: FoundRecords, bodies: Bodies): Promise<void> {
  if (found.parked.length === 0 || found.records.length === 0) return;
  let isReadable = true;
  const byNumber = [...found.records].sort((one, other) => one.number - other.number);
  for (const { head } of found.parked) {
    const end = head.number + head.slots;
    for (let place = firstBehind(byNumber, head.number); place < byNumber.length; place++) {
      const record = byNumber[place];
      if (record.number >= end) break;
      // Not one after the other when the first has failed: a hook may take its time for that.
      if (record.gone > 0 && isReadable) isReadable = await knowsGone(record, bodies);
      record.leaveOut(
        Math.max(head.number, record.number) - record.number,
        Math.min(end - record.number, record.slots),
      );
    }
  }
}

/** False when it cannot be read: that is told when its turn comes. */
async function knowsGone(record: JournalRecord, bodies: Bodies): Promise<boolean> {
  try {
    record.messages(await bodies.read(record.id, record));
    return true;
  } catch {
    return false;
  }
}

/** The first place whose record ends behind `number`. Ranges of records do not overlap. */
function firstBehind(records: readonly JournalRecord[], number: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (records[middle].number + records[middle].slots <= number) low = middle + 1;
    else high = middle;
  }
  return low;
}
