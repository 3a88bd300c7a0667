import type { HoldfastError } from "../../index.js";

/** Messages that are remembered, at most. */
const MOST = 10_000;

/** What is known here of a message that has failed, beyond the server's count of its deliveries. */
export interface Trouble {
  readonly stored: string;
  /** Tries that have failed. */
  readonly attempts: number;
  /** It was given up, and has still to be stored as a dead letter: it is not tried again. */
  readonly givenUp: HoldfastError | undefined;
}

/**
 * The messages that have failed in this process and will come again. The server counts deliveries from 1 again when the consumer is made anew, and
 * knows nothing of those that only their dead letter is missing of.
 */
export class Troubled {
  private readonly messages = new Map<number, Trouble>();
  private readonly most: number;

  constructor(most: number = MOST) {
    this.most = most;
  }

  get size(): number {
    return this.messages.size;
  }

  note(sequence: number, trouble: Trouble): void {
    this.messages.delete(sequence);
    this.messages.set(sequence, trouble);
    if (this.messages.size <= this.most) return;
    const [oldest] = this.messages.keys();
    this.messages.delete(oldest);
  }

  /** What is known of this message; another one may have its sequence now. */
  find(sequence: number, stored: string): Trouble | undefined {
    const trouble = this.messages.get(sequence);
    return trouble?.stored === stored ? trouble : undefined;
  }

  forget(sequence: number): void {
    this.messages.delete(sequence);
  }

  clear(): void {
    this.messages.clear();
  }
}
