/** A growing set of sequence numbers, one bit each: twenty million messages fit in 2.5 MB. */
export class Bitmap {
  #bits = new Uint8Array(1 << 16);

  /** Adds a sequence; false if it was there already. */
  add(sequence: number): boolean {
    const index = sequence >>> 3;
    if (index >= this.#bits.length) this.#grow(index);
    const mask = 1 << (sequence & 7);
    if ((this.#bits[index] & mask) !== 0) return false;
    this.#bits[index] |= mask;
    return true;
  }

  /** The bits themselves, for sending to another process. */
  bytes(): Uint8Array {
    return this.#bits;
  }

  #grow(index: number): void {
    const bigger = new Uint8Array(Math.max(this.#bits.length * 2, index + 1));
    bigger.set(this.#bits);
    this.#bits = bigger;
  }
}

/** Whether a set that came as {@link Bitmap.bytes} holds the sequence. */
export function has(bits: Uint8Array, sequence: number): boolean {
  const index = sequence >>> 3;
  return index < bits.length && (bits[index] & (1 << (sequence & 7))) !== 0;
}
