import type { Chunk, ChunkPool } from "../wire/chunk.js";
import { counts, Kind, sizeOf } from "../wire/frame.js";
import type { Books, DropReason } from "./books.js";
import type { ConfirmTimes } from "./confirm-times.js";
import { FrameOutcomes } from "./frame-outcomes.js";
import { Margin } from "./margin.js";
import { WIDE } from "./wide.js";

/** Hears of every frame that does not end as confirmed. */
export interface WindowSink {
  /** A frame was settled as refused or unconfirmed, and is a tombstone already. */
  onSettled(window: Window, chunk: Chunk, frame: number, outcome: "refused" | "unconfirmed"): void;
  /** A frame was dropped and is a tombstone already; its bytes are still in the chunk at the call. */
  onDropped(window: Window, chunk: Chunk, frame: number, reason: DropReason): void;
  /** Whether somebody still waits for the answer to this read-only request. */
  isWanted(window: Window, seq: number): boolean;
}

/** Keeps messages that are not sent any more: asked for each before its outcome; its bytes are in the chunk at the call. */
export interface Keeper {
  /** @param handed a server may have got it */
  keeps(chunk: Chunk, frame: number, handed: boolean): boolean;
}

/** What a rewind found, for the `disconnect` and `reconnect` events. */
export interface Rewind {
  /** Messages that were on the dead link without a confirmation and will be written again. */
  replay: number;
  /** Messages that were on the dead link and will not be written again. */
  unconfirmed: number;
}

/**
 * The publish window: every frame, encoded once, from its acceptance until a server has confirmed it.
 *
 * It is one log of frames with three positions in it, and `retained ≤ confirmed ≤ cursor ≤ end`, except
 * that after a rewind the cursor starts at `confirmed`, or at `retained` when confirmed frames are to be
 * replayed too (`replayMargin`):
 * - *confirmed*: every frame before it has its outcome, in the order of the log;
 * - *cursor*: what is before it has been handed to the current link;
 * - *retained*: chunks before it have gone back to the pool.
 */
export class Window extends FrameOutcomes {
  private readonly sink: WindowSink;
  private readonly margin: Margin;
  /** The part of all appended bytes that is confirmed. */
  private confirmedOffset = WIDE;
  /** Counts how long confirmations took, if somebody wants to know. */
  times: ConfirmTimes | undefined;
  /** Frames from here on are not handed over yet: what is before them is on trial (see `Poison`). */
  limit = Number.POSITIVE_INFINITY;

  /** The run found by {@link nextRun}: write `outChunk.bytes[outStart, outEnd)`. */
  outChunk: Chunk | undefined;
  outStart = 0;
  outEnd = 0;
  /** Frames of the run, for the PINGs among them: chunk.pings between these two. */
  outFirst = 0;
  outLast = 0;

  constructor(pool: ChunkPool, books: Books, sink: WindowSink, margin = new Margin(0, 0)) {
    super(pool, books);
    this.sink = sink;
    this.margin = margin;
    this.confirmedOffset = 0;
  }

  protected hearSettled(chunk: Chunk, frame: number, outcome: "refused" | "unconfirmed"): void {
    this.sink.onSettled(this, chunk, frame, outcome);
  }

  protected hearDropped(chunk: Chunk, frame: number, reason: DropReason): void {
    this.sink.onDropped(this, chunk, frame, reason);
  }

  /** Encoded bytes accepted and not confirmed. */
  get bytes(): number {
    return this.appended - this.confirmedOffset - this.holeBytes;
  }

  get confirmed(): number {
    return this.confirmedSeq;
  }

  /** Frames before this have been handed to the current link, unless they are tombstones. */
  get handed(): number {
    const chunk = this.chunks[this.cursorChunk - this.firstChunk];
    return chunk === undefined ? this.nextSeq : chunk.base + this.cursorFrame;
  }

  /** Everything has been handed to the link. */
  get drained(): boolean {
    const last = this.chunks.at(-1);
    if (last === undefined) return true;
    const end = this.firstChunk + this.chunks.length;
    return this.cursorChunk >= end || (this.cursorChunk === end - 1 && this.cursorFrame === last.count);
  }

  /** Monotonic ms of about when the oldest unconfirmed frame was accepted; undefined when there is none. */
  get oldestAt(): number | undefined {
    const chunk = this.chunks[this.confirmedChunk - this.firstChunk];
    return chunk === undefined || this.books.pending === 0 ? undefined : chunk.openedAt;
  }

  /**
   * Puts a PING behind everything accepted so far, unless one stands there that is not yet answered.
   * Returns the position that its PONG confirms.
   */
  appendPing(now: number): number {
    if (!this.unfenced && this.confirmedSeq < this.nextSeq) return this.nextSeq;
    return this.pushFence(now);
  }

  /**
   * Finds the next run of bytes for the link and moves the cursor behind it. The chunk has one more
   * reference then, which {@link ChunkPool.unref} takes back when the write has ended.
   *
   * @param room bytes that it may have; it has one frame at least
   */
  nextRun(room = Number.POSITIVE_INFINITY): boolean {
    for (;;) {
      const at = this.cursorChunk - this.firstChunk;
      if (at >= this.chunks.length) return false;
      const chunk = this.chunks[at];
      let first = this.cursorFrame;
      let last = chunk.count;
      if (chunk.base + last > this.limit) {
        last = this.limit - chunk.base;
        if (first >= last) return false;
      }
      if (chunk.holes) {
        while (first < last && chunk.kindAt(first) === Kind.Tombstone) first++;
        let end = first;
        while (end < last && chunk.kindAt(end) !== Kind.Tombstone) end++;
        last = end;
      }
      if (first === last) {
        this.cursorFrame = last;
        if (last < chunk.count) continue;
        if (chunk === this.tail || at === this.chunks.length - 1) return false;
        this.cursorChunk++;
        this.cursorFrame = 0;
        continue;
      }
      const start = chunk.startOf(first);
      if (chunk.ends[last - 1] - start > room) last = lastWithin(chunk, first, last, start + room);
      if (chunk.base + first < this.handedSeq) this.countReplayed(chunk, first, last);
      this.cursorFrame = last;
      if (chunk.base + last > this.handedSeq) this.handedSeq = chunk.base + last;
      chunk.refs++;
      this.outChunk = chunk;
      this.outStart = start;
      this.outEnd = chunk.ends[last - 1];
      this.outFirst = first;
      this.outLast = last;
      return true;
    }
  }

  private countReplayed(chunk: Chunk, first: number, last: number): void {
    const end = Math.min(last, this.handedSeq - chunk.base);
    for (let i = first; i < end; i++) if (counts(chunk.kindAt(i))) this.books.replayed++;
  }

  /** The run ends with a PING. */
  get endsWithPing(): boolean {
    return this.outChunk!.kindAt(this.outLast - 1) === Kind.Ping;
  }

  /**
   * A PONG has arrived that answers a PING at `position`.
   *
   * @param behindSince monotonic ms: what is behind it was accepted later; 0: that is not known
   */
  confirm(position: number, now: number, behindSince = 0): void {
    if (position > this.owedSeq) {
      this.owedSeq = position < this.confirmedSeq ? position : Number.POSITIVE_INFINITY;
    }
    if (position <= this.confirmedSeq) return this.release(now);
    let messages = 0;
    let bytes = 0;
    for (;;) {
      const chunk = this.chunks[this.confirmedChunk - this.firstChunk];
      if (chunk === undefined) {
        // All that is left was dropped, and its chunks have gone back.
        this.confirmedSeq = position;
        this.confirmedOffset = this.appended;
        this.holeBytes = 0;
        break;
      }
      const end = chunk.base + chunk.count;
      // Chunks that were dropped as a whole stood between.
      if (chunk.offset > this.confirmedOffset) this.holeBytes -= chunk.offset - this.confirmedOffset;
      if (position <= chunk.base) {
        this.confirmedSeq = position;
        this.confirmedOffset = chunk.offset;
        break;
      }
      if (position < end) {
        const before = chunk.live;
        for (let i = Math.max(0, this.confirmedSeq - chunk.base); i < position - chunk.base; i++) {
          if (chunk.kindAt(i) === Kind.Tombstone) this.fillHole(chunk, chunk.ends[i] - chunk.startOf(i));
          if (!counts(chunk.kindAt(i))) continue;
          const size = sizeOf(chunk.meta[i]);
          bytes += size;
          chunk.live--;
          chunk.liveBytes -= size;
        }
        messages += before - chunk.live;
        this.times?.add(before - chunk.live, now - chunk.openedAt);
        if (behindSince > chunk.openedAt) chunk.openedAt = behindSince;
        this.confirmedSeq = position;
        this.confirmedOffset = chunk.offset + chunk.startOf(position - chunk.base);
        break;
      }
      if (chunk.holeBytes > 0) this.fillHole(chunk, chunk.holeBytes);
      messages += chunk.live;
      this.times?.add(chunk.live, now - chunk.openedAt);
      bytes += chunk.liveBytes;
      chunk.live = 0;
      chunk.liveBytes = 0;
      this.confirmedSeq = end;
      this.confirmedOffset = chunk.offset + chunk.fill;
      if (position === end && chunk === this.tail) break;
      this.confirmedChunk++;
      if (position === end) break;
    }
    this.books.settleConfirmed(messages, bytes);
    this.margin.mark(this.confirmedSeq, now);
    this.release(now);
  }

  private fillHole(chunk: Chunk, bytes: number): void {
    chunk.holeBytes -= bytes;
    this.holeBytes -= bytes;
  }

  /** Gives chunks back that nothing needs any more. Called with time passing when there is a margin. */
  release(now: number): void {
    let keep = Math.min(this.margin.from(now), this.owedSeq);
    while (this.chunks.length > 0) {
      const chunk = this.chunks[0];
      const end = chunk.base + chunk.count;
      if (end > keep && this.margin.exceeds(this.confirmedOffset - chunk.offset)) {
        keep = end;
        this.margin.keepFrom(end);
        this.owedSeq = Number.POSITIVE_INFINITY;
      }
      if (end > keep || end > this.confirmedSeq) return;
      const handed = this.cursorChunk > this.firstChunk || this.cursorFrame === chunk.count;
      if (!handed) return;
      if (chunk === this.tail) this.tail = undefined;
      this.chunks.shift();
      this.firstChunk++;
      if (this.cursorChunk < this.firstChunk) {
        this.cursorChunk = this.firstChunk;
        this.cursorFrame = 0;
      }
      if (this.confirmedChunk < this.firstChunk) this.confirmedChunk = this.firstChunk;
      this.pool.give(chunk);
    }
  }

  /**
   * To be called when there is nothing to write: the cursor may have passed what was dropped behind the last confirmation only
   * now, and an idle window holds no chunk.
   */
  releaseIdle(now: number): void {
    if (this.chunks.length > 0 && this.confirmedSeq === this.nextSeq) this.release(now);
  }

  /** Confirmed frames are not written again on the next link, if they were on this one; returns whether they were. */
  forgetMargin(): boolean {
    if (this.owedSeq >= this.confirmedSeq) return false;
    this.owedSeq = Number.POSITIVE_INFINITY;
    this.margin.clear(this.confirmedSeq);
    return true;
  }

  /** Monotonic ms at which {@link release} has something to do; Infinity when not. */
  get releaseAt(): number {
    return this.margin.nextAt;
  }

  /**
   * The link is gone: settles what must not be written again and moves the cursor back to the first
   * frame without a confirmation.
   *
   * @param unclean the server may not have passed on what it confirmed last: replay the margin as well
   */
  rewind(now: number, unclean: boolean): Rewind {
    const result: Rewind = { replay: 0, unconfirmed: 0 };
    const kept = unclean ? Math.min(this.margin.from(now), this.confirmedSeq) : this.confirmedSeq;
    const from = Math.min(kept, this.owedSeq);
    this.refusedSeq = 0;
    this.searchAnew();
    if (from < this.confirmedSeq) this.owedSeq = from;
    let start = -1;
    this.scans++;
    for (let c = 0; c < this.chunks.length; c++) {
      const chunk = this.chunks[c];
      if (chunk.base + chunk.count <= from) continue;
      const first = Math.max(0, from - chunk.base);
      if (start === -1) {
        start = c;
        this.cursorBack = first;
      }
      for (let i = first; i < chunk.count; i++) this.rewindFrame(chunk, c, i, result);
    }
    this.scans--;
    if (start === -1) {
      // Nothing to write again: the cursor stands at the end.
      this.cursorChunk = this.firstChunk + Math.max(0, this.chunks.length - 1);
      this.cursorFrame = this.chunks.length === 0 ? 0 : this.chunks[this.chunks.length - 1].count;
    } else {
      this.cursorChunk = this.firstChunk + start;
      this.cursorFrame = this.cursorBack;
    }
    return result;
  }

  /** Frame that the cursor goes back to: a second return value of the scan in {@link rewind}. */
  private cursorBack = 0;

  private rewindFrame(chunk: Chunk, c: number, frame: number, result: Rewind): void {
    const kind = chunk.kindAt(frame);
    const seq = chunk.base + frame;
    const handed = this.isBehindCursor(c, frame);
    const again =
      kind === Kind.Data ||
      (kind === Kind.SafeRequest && seq >= this.confirmedSeq && this.sink.isWanted(this, seq));
    if (again) {
      if (handed) result.replay++;
      return;
    }
    if (kind === Kind.Ping || kind === Kind.Tombstone) return;
    if (kind === Kind.Protocol || seq < this.confirmedSeq) return this.bury(chunk, frame);
    if (handed) {
      result.unconfirmed++;
      this.settle(chunk, frame, "unconfirmed");
    } else if (kind === Kind.Pull) {
      this.drop(chunk, frame, "pull");
    }
  }

  /**
   * The connection is closed. What was handed over and is not confirmed ends as *unconfirmed*, what never
   * left as *dropped* for the reason given; all chunks go back. What `keeper` takes of the at-least-once data ends as kept.
   */
  close(unsent: DropReason = "closed", keeper?: Keeper): void {
    this.scan((chunk, frame) => {
      const seq = chunk.base + frame;
      if (seq < this.confirmedSeq) return;
      const handed = this.isHanded(seq);
      if (chunk.kindAt(frame) === Kind.Data && keeper?.keeps(chunk, frame, handed) === true)
        this.drop(chunk, frame, "kept");
      else if (handed) this.settle(chunk, frame, "unconfirmed");
      else this.drop(chunk, frame, unsent);
    });
    for (const chunk of this.chunks) this.pool.give(chunk);
    this.firstChunk += this.chunks.length;
    this.chunks = [];
    this.tail = undefined;
    this.margin.clear(this.nextSeq);
    this.owedSeq = Number.POSITIVE_INFINITY;
    this.confirmedSeq = this.nextSeq;
    this.confirmedOffset = this.appended;
    this.holeBytes = 0;
    this.confirmedChunk = this.firstChunk;
    this.cursorChunk = this.firstChunk;
    this.cursorFrame = 0;
  }
}

/** Behind the last of the frames `first` to `last` that ends by `end`, or behind the first; a PING right behind goes with it. */
function lastWithin(chunk: Chunk, first: number, last: number, end: number): number {
  let low = first + 1;
  let high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (chunk.ends[middle - 1] <= end) low = middle;
    else high = middle - 1;
  }
  return low < last && chunk.kindAt(low) === Kind.Ping ? low + 1 : low;
}
