/** Sequences that are remembered, at most. */
const MOST = 100_000;

/**
 * The messages that this process is done with, while the server may not know: their acknowledgements were written, but not seen to
 * count. One that is delivered again is not handled again. A message is known by its sequence and the time at which the stream stored
 * it: a stream that was restored gives sequences to other messages.
 */
export class Ledger {
  private readonly done = new Map<number, string>();
  private readonly most: number;

  constructor(most: number = MOST) {
    this.most = most;
  }

  get size(): number {
    return this.done.size;
  }

  /** The message is done with, whatever the server comes to know. */
  add(sequence: number, stored: string): void {
    this.done.delete(sequence);
    this.done.set(sequence, stored);
    if (this.done.size > this.most) {
      // The oldest entry has had the longest time to be acknowledged.
      for (const oldest of this.done.keys()) {
        this.done.delete(oldest);
        break;
      }
    }
  }

  has(sequence: number, stored: string): boolean {
    return this.done.get(sequence) === stored;
  }

  /** Whether a message with this sequence is done with, whatever stream it was in. */
  knows(sequence: number): boolean {
    return this.done.has(sequence);
  }

  /** The server knows of all messages up to this one: they are not delivered again. */
  settled(floor: number): void {
    for (const sequence of this.done.keys()) if (sequence <= floor) this.done.delete(sequence);
  }

  /** The highest sequence from `floor` on up to which all are done, `floor` itself included. */
  contiguous(floor: number): number {
    let last = floor;
    while (this.done.has(last + 1)) last++;
    return last;
  }

  clear(): void {
    this.done.clear();
  }
}
