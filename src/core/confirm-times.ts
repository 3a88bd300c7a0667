import { WIDE } from "./wide.js";

/** Upper bounds of the buckets, ms. */
export const CONFIRM_BOUNDS: readonly number[] = [
  1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 30_000, 60_000,
];

/**
 * How long messages waited from their acceptance to their confirmation, counted in buckets. All that one PONG confirms in a chunk counts
 * with the age of the oldest among it: that costs nothing per message, and no message counts as quicker than it was.
 */
export class ConfirmTimes {
  /** Messages by bucket; the last is for what took longer than all bounds. */
  readonly counts: number[] = new Array(CONFIRM_BOUNDS.length + 1).fill(0);
  /** ms, of all messages together. */
  sum = WIDE;
  count = 0;

  constructor() {
    this.sum = 0;
  }

  /** @param age ms */
  add(messages: number, age: number): void {
    let bucket = 0;
    while (bucket < CONFIRM_BOUNDS.length && age > CONFIRM_BOUNDS[bucket]) bucket++;
    this.counts[bucket] += messages;
    this.count += messages;
    this.sum += messages * age;
  }
}
