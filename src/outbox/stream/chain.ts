import type { PubAck } from "./pub-ack.js";

/** Acknowledgements in a row, without anybody else's message between them, before the window grows again. */
const CLEAN = 32;

/** What a message is sent with. */
export interface Link {
  /** Sequence that the stream's last message must have; undefined: whatever it is. */
  readonly expected: number | undefined;
  /** Sequence that it gets then; undefined when nothing is known. */
  readonly presumed: number | undefined;
}

const UNBOUND: Link = { expected: undefined, presumed: undefined };

/**
 * Keeps messages in order in a stream while many of them are on the way: each one names the sequence that the one before it gets, so that none is stored
 * when the one before it was not. Only `Nats-Expected-Last-Sequence` will do. `Nats-Expected-Last-Msg-Id` says what is wanted more exactly, but where it does
 * not hold, replicas of nats-server 2.15 stop applying the log of the stream, and stay that way; the sequence is checked before anything is proposed.
 *
 * The first of a run goes alone and without an expectation, everything before it is acknowledged; its acknowledgement says how the next ones go on. What was sent
 * before may be in the stream already: with one replica, a duplicate is refused where the expectation does not hold, so up to the end of the stream as
 * far as it is known nothing is expected.
 *
 * Where a run ends for a message that was refused for good, and nothing is in doubt, the next one begins bound to what was stored last.
 *
 * With somebody else writing into the stream, expectations fail, and could hold by chance for the wrong message: then one message is on the way at a time,
 * and the window grows again as long as nobody is seen.
 */
export class Chain {
  private readonly max: number;
  private size: number;
  /** Sequence that the newest one sent gets; undefined at the beginning of a run. */
  private last: number | undefined;
  /** What comes behind `last` is new to the stream, or it is known how far the stream goes. */
  private isSure = false;
  /** The stream goes as far as this, as far as is known. */
  private end = 0;
  /** Sequence of what was stored last. */
  private previous: number | undefined;
  private stream: string | undefined;
  private clean = 0;
  /** An expectation has not held since the last run began. */
  private hasFailed = false;
  /** The stream ends with what was stored last: since that was found out, everything has got its place or was refused. */
  private isSound = false;
  /** The furthest end that the stream has told of by refusing, since the run began. */
  private toldEnd: number | undefined;

  /** @param max messages on the way at most */
  constructor(max: number) {
    this.max = max;
    this.size = max;
  }

  /** Messages that may be on the way now. */
  get limit(): number {
    return this.last === undefined || !this.isSure ? 1 : this.size;
  }

  /** Messages that may be on the way when a run is going on. */
  get window(): number {
    return this.size;
  }

  /** The next one is sent. */
  next(): Link {
    const { last } = this;
    if (last === undefined || this.size === 1) {
      this.last = undefined;
      return UNBOUND;
    }
    this.last = last + 1;
    return { expected: last < this.end ? undefined : last, presumed: last + 1 };
  }

  /** The next one is stored already, at this sequence, and is not sent. */
  passed(sequence: number): void {
    if (this.last !== undefined && sequence > this.last) this.last = sequence;
  }

  /** A new run begins: everything before it is acknowledged, and nothing is on the way. */
  restart(): void {
    this.last = undefined;
    this.isSure = false;
    this.isSound = false;
    this.toldEnd = undefined;
  }

  /**
   * A run has ended because messages of it were refused, and goes on without them: what is next is bound to what was stored last, and nothing has to be found out
   * alone.
   *
   * The stream must end there. With the end too low by one, the first of the run would be refused, and the second one stored: it expects what has the place of the first.
   *
   * @returns false when that is not known: then a new run begins
   */
  resume(): boolean {
    const { previous, toldEnd } = this;
    if (!this.isSound || (toldEnd !== undefined && toldEnd !== previous)) return false;
    this.last = previous;
    this.toldEnd = undefined;
    this.hasFailed = false;
    return true;
  }

  /** The stream may have something that is not known to be there. */
  doubt(): void {
    this.isSound = false;
  }

  /** The stream has said, by refusing, where it ends. */
  endsAt(sequence: number): void {
    this.end = sequence;
    this.toldEnd = Math.max(sequence, this.toldEnd ?? 0);
    this.hasFailed = true;
  }

  /**
   * One was acknowledged.
   *
   * @param floor where the last one before it is, of those that have their place
   * @returns false when it has got another place than presumed: then the rest of the run must be awaited, and a new one begun
   */
  acked(presumed: number | undefined, { seq, stream, duplicate }: PubAck, floor: number): boolean {
    const follows = this.follows(seq, stream, duplicate);
    if (duplicate) {
      this.isSound = false;
    } else {
      this.previous = seq;
      this.end = seq;
      this.isSound ||= presumed === undefined;
    }
    this.stream = stream;
    if (presumed === undefined) {
      // Somebody has written while nothing was on the way; or in the middle of a run, where that may have disordered it.
      if (!follows) this.shrink(this.hasFailed ? 1 : this.size >> 1);
      this.hasFailed = false;
      // Its id was used long before: that says nothing of the place of the next one.
      if (duplicate && seq <= floor) return true;
      this.last = seq;
      this.isSure = !duplicate || seq <= this.end;
      return true;
    }
    if (seq !== presumed) {
      this.isSound = false;
      if (!duplicate) this.shrink(1);
      return false;
    }
    this.isSure = true;
    return true;
  }

  /** Whether nobody else has written in between. */
  private follows(seq: number, stream: string, duplicate: boolean): boolean {
    const isOther = this.stream !== undefined && stream !== this.stream;
    if (isOther) return false;
    const follows = duplicate || this.previous === undefined || seq === this.previous + 1;
    if (follows && !duplicate) this.grow();
    return follows;
  }

  private shrink(to: number): void {
    this.size = Math.max(1, to);
    this.clean = 0;
  }

  private grow(): void {
    if (this.size === this.max || ++this.clean < CLEAN) return;
    this.clean = 0;
    this.size = Math.min(this.max, this.size * 2);
  }
}
