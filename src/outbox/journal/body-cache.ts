import type { JournalRecord } from "./journal-record.js";
import { GROWING_SIZE } from "./record-writes.js";

/** Bytes of stored bodies that stay in memory for the reader. */
const SIZE = 4 * 1024 * 1024;

/** Bodies of records that are on disk, and in memory as well: so that the reader need not read what was just written, and so that a small record can grow. */
export class BodyCache {
  private used = 0;
  /** Stored last. */
  private growing: JournalRecord | undefined;

  /** It was just stored: its body stays when there is room, or when it is to grow. */
  add(record: JournalRecord): void {
    const { growing } = this;
    if (growing !== record) {
      if (growing?.cached === 0) growing.body = undefined;
      this.growing = record.size < GROWING_SIZE ? record : undefined;
    }
    this.used -= record.cached;
    record.cached = 0;
    if (this.used + record.size <= SIZE) {
      record.cached = record.size;
      this.used += record.cached;
    } else if (this.growing !== record) record.body = undefined;
  }

  remove(record: JournalRecord): void {
    this.release(record);
    record.body = undefined;
  }

  /** Its body is kept for another reason. */
  release(record: JournalRecord): void {
    this.used -= record.cached;
    record.cached = 0;
    if (this.growing === record) this.growing = undefined;
  }
}
