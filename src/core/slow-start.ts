/** Bytes of a replay that go out before the first confirmation. */
export const FIRST_BYTES = 256 * 1024;

/**
 * Paces a replay (promises.md §3): a server that has just come back gets little at first, and twice as
 * much with every round trip that it confirms. What was accepted meanwhile comes behind the replay.
 */
export class SlowStart {
  /** Bytes that may be on the link without a confirmation. */
  private credit = Number.POSITIVE_INFINITY;
  /** Position in the window at which the replay ends. */
  private end = 0;

  /** A link gets the window: what is before `end` is replayed at a growing pace. */
  begin(end: number): void {
    this.end = end;
    this.credit = FIRST_BYTES;
  }

  /** The pace is free: there is no replay, or it has been confirmed. */
  stop(): void {
    this.credit = Number.POSITIVE_INFINITY;
  }

  /**
   * Whether more may be written with `outstanding` bytes on the link. Always, when no PING is on its way
   * whose PONG would make room.
   */
  allows(outstanding: number, pingsInFlight: number): boolean {
    return outstanding < this.credit || pingsInFlight === 0;
  }

  /** A PONG has confirmed `bytes` more, up to `position`. */
  confirmed(bytes: number, position: number): void {
    if (position >= this.end) this.stop();
    else this.credit += bytes;
  }
}
