import { NONE } from "./none.js";

/** Something was confirmed: position and monotonic ms. */
interface Mark {
  readonly seq: number;
  readonly at: number;
}

/**
 * Which confirmed frames are still kept for a replay (`replayMargin`, promises.md §2): a server killed in
 * the milliseconds after its PONG may not have passed on what it confirmed.
 */
export class Margin {
  private readonly duration: number;
  private readonly maxBytes: number;
  /** What was confirmed when, ascending. */
  private marks: Mark[] = NONE;
  private kept = 0;

  /**
   * @param duration ms that a confirmed frame is kept
   * @param maxBytes most encoded bytes that are kept beyond their confirmation
   */
  constructor(duration: number, maxBytes: number) {
    this.duration = duration;
    this.maxBytes = maxBytes;
  }

  /** All frames before `seq` are confirmed since `now`. */
  mark(seq: number, now: number): void {
    if (this.duration <= 0) {
      this.kept = seq;
      return;
    }
    if (this.marks === NONE) this.marks = [];
    this.marks.push({ seq, at: now });
  }

  /** Position from which on frames are kept. */
  from(now: number): number {
    const { marks } = this;
    let gone = 0;
    while (gone < marks.length && marks[gone].at + this.duration <= now) gone++;
    if (gone > 0) {
      this.keepFrom(marks[gone - 1].seq);
      marks.splice(0, gone);
    }
    return this.kept;
  }

  /** Whether so many kept bytes are too many. */
  exceeds(bytes: number): boolean {
    return this.duration > 0 && bytes > this.maxBytes;
  }

  /** Lets go of what is before `seq`. */
  keepFrom(seq: number): void {
    if (seq > this.kept) this.kept = seq;
  }

  /** Monotonic ms at which {@link from} moves next; Infinity when nothing is kept. */
  get nextAt(): number {
    return this.marks.length === 0 ? Number.POSITIVE_INFINITY : this.marks[0].at + this.duration;
  }

  clear(seq: number): void {
    this.marks = NONE;
    this.keepFrom(seq);
  }
}
