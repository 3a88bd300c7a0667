/** Counts of a journal since it was opened: `recovered + stored = confirmed + expired + refused + lost + messages` at every instant. None ever decreases. */
export interface JournalCounts {
  /** Found on disk at the start, without the parked ones. */
  readonly recovered: number;
  /** Offered and kept ones when they are taken; those of `store()` when they are on disk. */
  readonly stored: number;
  readonly confirmed: number;
  readonly expired: number;
  /** Parked. */
  readonly refused: number;
  /** Unreadable on disk, or in memory only when the journal was closed. */
  readonly lost: number;
}
