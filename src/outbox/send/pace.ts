/** Bytes on the way to a server that has just come (back), before its first confirmation. */
export const FIRST_BYTES = 64 * 1024;
/** Bytes on the way without a confirmation, at most. */
export const MOST_BYTES = 4 * 1024 * 1024;

/** How much may be on the way without a confirmation: little at first, twice as much with each confirmation, so that a server that has just come back is not knocked down. */
export class Pace {
  /** Bytes that are on the way. */
  outstanding = 0;
  private limit = FIRST_BYTES;

  /** A link stands: what comes begins slowly. */
  begin(): void {
    this.limit = FIRST_BYTES;
  }

  /** Bytes that may follow now. */
  get room(): number {
    return Math.max(0, this.limit - this.outstanding);
  }

  /** Half the limit at a time: while one half is being confirmed, the other is on its way. */
  get portion(): number {
    return this.limit / 2;
  }

  sent(bytes: number): void {
    this.outstanding += bytes;
  }

  confirmed(bytes: number): void {
    this.outstanding -= bytes;
    this.limit = Math.min(MOST_BYTES, this.limit * 2);
  }

  /** They are not on the way any more, and no server has confirmed them. */
  failed(bytes: number): void {
    this.outstanding -= bytes;
  }
}
