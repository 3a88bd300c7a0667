/** Bytes of a replay that go out before the first confirmation: half of what TCP itself begins with. */
export const FIRST_BYTES = 8 * 1024;
/** Less room than this waits for the next PONG: else the pieces get smaller with each end of a chunk. */
const LEAST_ROOM = FIRST_BYTES / 2;
/** Bytes that a confirmed one makes room for, besides itself: the pace is at most four times as fast with every round trip. */
const GROWTH = 3;
/** ms by which a PONG may be later than the quickest one, and the pace still doubles. */
const EASY = 200;

/**
 * Paces a replay (promises.md §3, docs/adr/0018): a server that has just come back gets little at first, and more with every round
 * trip that it confirms, as long as it answers quickly. One that is busy, with the replays of thousands of others say, gets hardly
 * more at a time than it has been given. What was accepted meanwhile comes behind the replay.
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
    return outstanding + LEAST_ROOM <= this.credit || pingsInFlight === 0;
  }

  /** Bytes that may follow `outstanding` ones, if any may; one frame may then, however large it is. */
  room(outstanding: number): number {
    return this.credit - outstanding;
  }

  /**
   * A PONG has confirmed `bytes` more, up to `position`.
   *
   * @param delay ms that it took longer than the quickest one on this link
   */
  confirmed(bytes: number, position: number, delay: number): void {
    if (position >= this.end) this.stop();
    else this.credit += bytes * Math.min(GROWTH, (EASY / delay) ** 2);
  }
}
