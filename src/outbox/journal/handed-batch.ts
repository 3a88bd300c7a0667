import type { StoredEntry } from "./body-codec.js";
import type { Batch } from "./entry.js";
import type { JournalRecord } from "./journal-record.js";

/** A batch as it was handed out. */
export class HandedBatch implements Batch {
  readonly id: number;
  readonly recovered: boolean;
  readonly stored: boolean;
  readonly bytes: number;
  readonly record: JournalRecord;
  readonly entries: readonly StoredEntry[];
  /** Where the entries are in the record. */
  readonly slots: readonly number[];
  private confirmed = 0;

  constructor(record: JournalRecord, entries: readonly StoredEntry[], slots: readonly number[]) {
    this.id = record.id;
    this.recovered = record.recovered;
    this.stored = record.state === "stored";
    this.bytes = record.size;
    this.record = record;
    this.entries = entries;
    this.slots = slots;
  }

  /** The first `count` have their outcome; gives how many had none. */
  confirm(count: number): number {
    const { record, slots, confirmed: from } = this;
    const end = Math.min(count, slots.length);
    let settled = 0;
    for (; this.confirmed < end; this.confirmed++) {
      if (record.settle(slots[this.confirmed])) settled++;
    }
    const { waits } = record;
    // Those of entries that had another outcome have been told of it.
    if (waits !== undefined) for (let i = from; i < end; i++) waits.confirmed(slots[i]);
    return settled;
  }
}
