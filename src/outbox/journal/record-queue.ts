import type { JournalRecord } from "./journal-record.js";

/** Records in ascending order of their numbers: taken at the front, added anywhere, mostly at the end. */
export class RecordQueue {
  private items: JournalRecord[] = [];
  private start = 0;

  get first(): JournalRecord | undefined {
    return this.items[this.start];
  }

  get last(): JournalRecord | undefined {
    return this.items.length > this.start ? this.items.at(-1) : undefined;
  }

  get length(): number {
    return this.items.length - this.start;
  }

  shift(): JournalRecord | undefined {
    const first = this.items[this.start];
    if (first === undefined) return undefined;
    this.start++;
    // Moving what is left costs as much as was taken since the last time.
    if (this.start * 2 >= this.items.length) this.trim();
    return first;
  }

  add(record: JournalRecord): void {
    const { items } = this;
    let place = items.length;
    if (this.length > 0 && items[place - 1].id > record.id) {
      let low = this.start;
      while (low < place) {
        const middle = (low + place) >> 1;
        if (items[middle].id < record.id) low = middle + 1;
        else place = middle;
      }
    }
    if (place === items.length) items.push(record);
    else items.splice(place, 0, record);
  }

  /** Many at once, in ascending order. */
  addAll(records: readonly JournalRecord[]): void {
    if (records.length === 0) return;
    this.trim();
    this.items = [...this.items, ...records].sort((one, other) => one.id - other.id);
  }

  remove(record: JournalRecord): void {
    if (this.first === record) {
      this.shift();
      return;
    }
    const place = this.items.lastIndexOf(record);
    if (place >= this.start) this.items.splice(place, 1);
  }

  /** The record in front of this one, if both are here. */
  before(record: JournalRecord): JournalRecord | undefined {
    const place = this.items.lastIndexOf(record);
    return place > this.start ? this.items[place - 1] : undefined;
  }

  /** Whether one with this number, or a higher one, has something to be sent. */
  hasFrom(id: number): boolean {
    const { items } = this;
    for (let place = items.length - 1; place >= this.start && items[place].id >= id; place--) {
      if (items[place].left > 0) return true;
    }
    return false;
  }

  *[Symbol.iterator](): Generator<JournalRecord> {
    for (let place = this.start; place < this.items.length; place++) yield this.items[place];
  }

  private trim(): void {
    this.items.splice(0, this.start);
    this.start = 0;
  }
}
