import type { Bodies } from "../journal/bodies.js";
import { BodyWriter, type StoredEntry } from "../journal/body-codec.js";
import { encodeHead, type RecordHead } from "../journal/head-codec.js";
import type { JournalRecord } from "../journal/journal-record.js";
import type { FoundRecords, ParkedRecord } from "../journal/open-store.js";
import type { OutboxStore, RecordChange } from "../store/store.js";

/** In one transaction: an interruption leaves what was done so far, each record whole. */
const RECORDS_AT_ONCE = 500;
const BYTES_AT_ONCE = 16 * 1024 * 1024;

/** Changes of a store, in transactions of a good size. */
export class Changes {
  readonly #store: OutboxStore | undefined;
  #put: RecordChange[] = [];
  #remove: number[] = [];
  #bytes = 0;

  /** @param store undefined: nothing is written */
  constructor(store: OutboxStore | undefined) {
    this.#store = store;
  }

  /** Both in one transaction. */
  async add(put: readonly RecordChange[], remove: readonly number[]): Promise<void> {
    this.#put.push(...put);
    this.#remove.push(...remove);
    this.#bytes += put.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);
    const records = this.#put.length + this.#remove.length;
    if (records >= RECORDS_AT_ONCE || this.#bytes >= BYTES_AT_ONCE) await this.write();
  }

  /** Writes what waits. */
  async write(): Promise<void> {
    const changes = { put: this.#put, remove: this.#remove };
    this.#put = [];
    this.#remove = [];
    this.#bytes = 0;
    if (changes.put.length + changes.remove.length > 0) await this.#store?.commit(changes);
  }
}

/**
 * A record with only these of its messages, which keep their places, and so their numbers.
 *
 * @param slots one per slot; undefined: its message is no more
 */
export async function rewritten(
  id: number,
  head: RecordHead,
  slots: readonly (StoredEntry | undefined)[],
  reason: string,
  bodies: Bodies,
): Promise<RecordChange & { body: Uint8Array }> {
  const writer = new BodyWriter(head.at, reason);
  let expiresAt = 0;
  for (const entry of slots) {
    if (entry === undefined) {
      writer.addGone();
      continue;
    }
    writer.add(entry, entry.at, entry.expiresAt);
    expiresAt = Math.max(expiresAt, entry.expiresAt);
  }
  const { bytes, ...facts } = await bodies.seal(writer.finish());
  const gone = slots.filter((entry, slot) => slot >= head.done && entry === undefined).length;
  return { id, head: encodeHead({ ...head, ...facts, gone, expiresAt }), body: bytes };
}

/** Messages in the places that they had in their record. */
export function inPlaces(
  entries: readonly StoredEntry[],
  { number, slots }: { number: number; slots: number },
): (StoredEntry | undefined)[] {
  const places = new Array<StoredEntry | undefined>(slots).fill(undefined);
  for (const entry of entries) places[entry.number - number] = entry;
  return places;
}

/** Records that wait, and of which some messages are among these parked ones: as long as a message is parked, its place in the record that it came from has its outcome. */
export function sourcesOf(found: FoundRecords, parked: readonly ParkedRecord[]): Set<JournalRecord> {
  const records = found.records
    .filter(({ left }) => left > 0)
    .sort((one, other) => one.number - other.number);
  const ends = records.map(({ number, slots }) => number + slots);
  const sources = new Set<JournalRecord>();
  for (const { head } of parked) {
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] <= head.number) low = middle + 1;
      else high = middle;
    }
    for (; low < records.length && records[low].number < head.number + head.slots; low++)
      sources.add(records[low]);
  }
  return sources;
}
