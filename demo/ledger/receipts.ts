/** How often each sequence was delivered, and in what order: the subscriber's own book. */
export class Receipts {
  /** Deliveries of counted messages, duplicates included. */
  received = 0;
  /** Different sequences among them. */
  distinct = 0;
  /** Messages that came for the first time after a newer one. A duplicate is not counted again as out of order. */
  outOfOrder = 0;
  /** The newest sequence so far, or -1. */
  newest = -1;
  #counts = new Uint8Array(1 << 18);

  get duplicates(): number {
    return this.received - this.distinct;
  }

  /** Notes a delivery; true when it is the first of its sequence. */
  add(sequence: number): boolean {
    if (sequence >= this.#counts.length) this.#grow(sequence);
    this.received++;
    const count = this.#counts[sequence];
    if (count === 0) {
      this.distinct++;
      if (sequence < this.newest) this.outOfOrder++;
    }
    if (sequence > this.newest) this.newest = sequence;
    if (count < 255) this.#counts[sequence] = count + 1;
    return count === 0;
  }

  /** One byte per sequence, the number of deliveries; for sending to another process. */
  counts(): Uint8Array {
    return this.#counts.subarray(0, this.newest + 1);
  }

  #grow(sequence: number): void {
    const bigger = new Uint8Array(Math.max(this.#counts.length * 2, sequence + 1));
    bigger.set(this.#counts);
    this.#counts = bigger;
  }
}
