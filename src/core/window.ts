import type { Chunk, ChunkPool } from "../wire/chunk.js";
import { decodePublish, type PublishedFrame } from "../wire/encoder.js";
import { counts, hasHeaders, Kind, sizeOf, withKind } from "../wire/frame.js";
import type { Books, DropReason } from "./books.js";
import { FrameLog } from "./frame-log.js";
import { Margin } from "./margin.js";

/** Hears of every frame that does not end as confirmed. */
export interface WindowSink {
  /** A frame was settled as refused or unconfirmed. */
  onSettled(window: Window, seq: number, outcome: "refused" | "unconfirmed"): void;
  /** A frame was dropped and is a tombstone already; its bytes are still in the chunk at the call. */
  onDropped(window: Window, chunk: Chunk, frame: number, reason: DropReason): void;
  /** Whether somebody still waits for the answer to this read-only request. */
  isWanted(window: Window, seq: number): boolean;
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
export class Window extends FrameLog {
  private readonly sink: WindowSink;
  private readonly margin: Margin;

  private confirmedSeq = 0;
  private confirmedChunk = 0;
  private cursorChunk = 0;
  private cursorFrame = 0;
  /** Behind the last frame that was ever handed to any link. */
  private handedSeq = 0;

  /** The part of all appended bytes that is confirmed. */
  private confirmedOffset = 0;
  /** Behind the last frame that this link's server has refused: the next refusal is most likely behind it. */
  private refusedSeq = 0;
  /** Confirmed frames from here on are owed a replay until a later link's PONG has passed them; Infinity: none. */
  private owedSeq = Number.POSITIVE_INFINITY;

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
  }

  /** Encoded bytes accepted and not confirmed. */
  get bytes(): number {
    return this.appended - this.confirmedOffset;
  }

  /** Encoded bytes ever confirmed. */
  get confirmedBytes(): number {
    return this.confirmedOffset;
  }

  get confirmed(): number {
    return this.confirmedSeq;
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
   */
  nextRun(): boolean {
    for (;;) {
      const at = this.cursorChunk - this.firstChunk;
      if (at >= this.chunks.length) return false;
      const chunk = this.chunks[at];
      let first = this.cursorFrame;
      let last = chunk.count;
      if (chunk.holes) {
        while (first < last && chunk.kindAt(first) === Kind.Tombstone) first++;
        let end = first;
        while (end < last && chunk.kindAt(end) !== Kind.Tombstone) end++;
        last = end;
      }
      if (first === last) {
        this.cursorFrame = chunk.count;
        if (chunk === this.tail || at === this.chunks.length - 1) return false;
        this.cursorChunk++;
        this.cursorFrame = 0;
        continue;
      }
      if (chunk.base + first < this.handedSeq) this.countReplayed(chunk, first, last);
      this.cursorFrame = last;
      if (chunk.base + last > this.handedSeq) this.handedSeq = chunk.base + last;
      chunk.refs++;
      this.outChunk = chunk;
      this.outStart = chunk.startOf(first);
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

  /** A PONG has arrived that answers a PING at `position`. */
  confirm(position: number, now: number): void {
    if (position > this.owedSeq) {
      this.owedSeq = position < this.confirmedSeq ? position : Number.POSITIVE_INFINITY;
    }
    if (position <= this.confirmedSeq) return this.release(now);
    let messages = 0;
    let bytes = 0;
    for (;;) {
      const chunk = this.chunks[this.confirmedChunk - this.firstChunk];
      const end = chunk.base + chunk.count;
      if (position < end) {
        for (let i = this.confirmedSeq - chunk.base; i < position - chunk.base; i++) {
          if (!counts(chunk.kindAt(i))) continue;
          messages++;
          const size = sizeOf(chunk.meta[i]);
          bytes += size;
          chunk.live--;
          chunk.liveBytes -= size;
        }
        this.confirmedSeq = position;
        this.confirmedOffset = chunk.offset + chunk.startOf(position - chunk.base);
        break;
      }
      messages += chunk.live;
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
    if (from < this.confirmedSeq) this.owedSeq = from;
    let start = -1;
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

  /** Settles a frame as refused or unconfirmed and leaves a tombstone in its place. */
  private settle(chunk: Chunk, frame: number, outcome: "refused" | "unconfirmed"): void {
    const size = sizeOf(chunk.meta[frame]);
    chunk.live--;
    chunk.liveBytes -= size;
    if (outcome === "refused") this.books.settleRefused(size);
    else this.books.settleUnconfirmed(size);
    this.bury(chunk, frame);
    this.sink.onSettled(this, chunk.base + frame, outcome);
  }

  private drop(chunk: Chunk, frame: number, reason: DropReason): void {
    const size = sizeOf(chunk.meta[frame]);
    chunk.live--;
    chunk.liveBytes -= size;
    this.books.settleDropped(reason, size);
    this.bury(chunk, frame);
    this.sink.onDropped(this, chunk, frame, reason);
  }

  private bury(chunk: Chunk, frame: number): void {
    chunk.meta[frame] = withKind(chunk.meta[frame], Kind.Tombstone);
    chunk.holes = true;
  }

  /**
   * The server has refused a publish. It is the oldest frame like it that has been handed over and not
   * confirmed: errors and PONGs come in the order of what they answer. Returns whether there is one.
   */
  refuse(isIt: (frame: PublishedFrame) => boolean): boolean {
    // A frame that is replayed for the margin is on this link too; it has its outcome, and keeps it.
    const first = Math.min(this.owedSeq, this.confirmedSeq);
    return this.refuseFrom(Math.max(first, this.refusedSeq), isIt) || this.refuseFrom(first, isIt);
  }

  private refuseFrom(from: number, isIt: (frame: PublishedFrame) => boolean): boolean {
    for (let c = 0; c < this.chunks.length; c++) {
      const chunk = this.chunks[c];
      const no = this.firstChunk + c;
      if (no > this.cursorChunk) return false;
      if (chunk.base + chunk.count <= from) continue;
      const last = no === this.cursorChunk ? this.cursorFrame : chunk.count;
      for (let i = Math.max(0, from - chunk.base); i < last; i++) {
        if (!counts(chunk.kindAt(i)) || !isIt(decodePublish(chunk, i))) continue;
        if (chunk.base + i < this.confirmedSeq) this.bury(chunk, i);
        else this.settle(chunk, i, "refused");
        this.refusedSeq = chunk.base + i + 1;
        return true;
      }
    }
    return false;
  }

  /**
   * Drops what the new server would close the connection for. Call it while nothing is handed over. Returns
   * how many of them an earlier link had carried.
   */
  recheck(maxPayload: number, headers: boolean): number {
    let handed = 0;
    this.scan((chunk, frame) => {
      const meta = chunk.meta[frame];
      const live = chunk.base + frame >= this.confirmedSeq;
      const reason =
        sizeOf(meta) > maxPayload ? "max-payload" : !headers && hasHeaders(meta) ? "headers" : undefined;
      if (reason === undefined) return;
      if (this.isHanded(chunk.base + frame)) handed++;
      if (live) this.drop(chunk, frame, reason);
      else this.bury(chunk, frame);
    });
    return handed;
  }

  /**
   * Takes back one frame that is not on the current link: it ends as dropped, or as unconfirmed when an
   * earlier link has carried it. Returns whether that was still possible.
   */
  takeBack(seq: number, reason: DropReason): boolean {
    const c = this.chunks.findLastIndex((chunk) => chunk.base <= seq);
    if (c === -1 || seq < this.confirmedSeq) return false;
    const chunk = this.chunks[c];
    const frame = seq - chunk.base;
    if (frame >= chunk.count || !counts(chunk.kindAt(frame)) || this.isBehindCursor(c, frame)) return false;
    if (this.isHanded(seq)) this.settle(chunk, frame, "unconfirmed");
    else this.drop(chunk, frame, reason);
    return true;
  }

  /** Whether the frame still waits for its outcome. */
  isPending(seq: number): boolean {
    if (seq < this.confirmedSeq) return false;
    const chunk = this.chunks.findLast((candidate) => candidate.base <= seq);
    return chunk !== undefined && seq - chunk.base < chunk.count && counts(chunk.kindAt(seq - chunk.base));
  }

  /** Frame `frame` of `chunks[c]` has been handed to the current link. */
  private isBehindCursor(c: number, frame: number): boolean {
    const no = this.firstChunk + c;
    return no < this.cursorChunk || (no === this.cursorChunk && frame < this.cursorFrame);
  }

  /** Whether the frame was ever handed to a link: a server may have got it. */
  isHanded(seq: number): boolean {
    return seq < this.handedSeq;
  }

  /**
   * The connection is closed. What was handed over and is not confirmed ends as *unconfirmed*, what never
   * left as *dropped* for the reason given; all chunks go back.
   */
  close(unsent: DropReason = "closed"): void {
    this.scan((chunk, frame) => {
      if (chunk.base + frame < this.confirmedSeq) return;
      if (chunk.base + frame < this.handedSeq) this.settle(chunk, frame, "unconfirmed");
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
    this.confirmedChunk = this.firstChunk;
    this.cursorChunk = this.firstChunk;
    this.cursorFrame = 0;
  }

  /** Visits all frames that the books count, the retained ones with them. */
  private scan(visit: (chunk: Chunk, frame: number) => void): void {
    for (const chunk of this.chunks) {
      for (let i = 0; i < chunk.count; i++) if (counts(chunk.kindAt(i))) visit(chunk, i);
    }
  }
}
