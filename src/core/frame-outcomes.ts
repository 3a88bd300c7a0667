import type { Chunk } from "../wire/chunk.js";
import { decodePublish, type PublishedFrame } from "../wire/encoder.js";
import { counts, hasHeaders, Kind, sizeOf, withKind } from "../wire/frame.js";
import type { DropReason } from "./books.js";
import type { OnTheWay } from "./causes/facts.js";
import { FrameLog } from "./frame-log.js";

/**
 * The log of frames with what ends single ones before a confirmation does: refused, dropped, taken back.
 * Such a frame leaves a tombstone, whose bytes are skipped on writing; a chunk of nothing but tombstones
 * goes back to the pool at the next {@link sweep}.
 */
export abstract class FrameOutcomes extends FrameLog {
  /** Called after a frame was settled, or dropped: it is a tombstone already, its bytes are still in the chunk. */
  protected abstract hearSettled(chunk: Chunk, frame: number, outcome: "refused" | "unconfirmed"): void;
  protected abstract hearDropped(chunk: Chunk, frame: number, reason: DropReason): void;

  /** Every frame before this has its outcome. */
  protected confirmedSeq = 0;
  protected confirmedChunk = 0;
  /** What is before these has been handed to the current link. */
  protected cursorChunk = 0;
  protected cursorFrame = 0;
  /** Behind the last frame that was ever handed to any link. */
  protected handedSeq = 0;
  /** Confirmed frames from here on are owed a replay until a later link's PONG has passed them; Infinity: none. */
  protected owedSeq = Number.POSITIVE_INFINITY;
  /** Behind the last frame that this link's server has refused: the next refusal is most likely behind it. */
  protected refusedSeq = 0;
  /** Encoded bytes behind {@link confirmedSeq} of tombstones and of chunks that are gone. */
  protected holeBytes = 0;
  /** Nothing before this can be dropped to make room: where {@link dropOldest} goes on. */
  private oldestSeq = 0;
  /** Scans under way: their sinks may append, and must not make chunks disappear, or others of them, meanwhile. */
  protected scans = 0;

  /** Settles a frame as refused or unconfirmed and leaves a tombstone in its place. */
  protected settle(chunk: Chunk, frame: number, outcome: "refused" | "unconfirmed"): void {
    const size = this.takeOut(chunk, frame);
    if (outcome === "refused") this.books.settleRefused(size);
    else this.books.settleUnconfirmed(size);
    this.hearSettled(chunk, frame, outcome);
  }

  protected drop(chunk: Chunk, frame: number, reason: DropReason): void {
    this.books.settleDropped(reason, this.takeOut(chunk, frame));
    this.hearDropped(chunk, frame, reason);
  }

  private takeOut(chunk: Chunk, frame: number): number {
    const size = sizeOf(chunk.meta[frame]);
    chunk.live--;
    chunk.liveBytes -= size;
    this.bury(chunk, frame);
    return size;
  }

  protected bury(chunk: Chunk, frame: number): void {
    chunk.meta[frame] = withKind(chunk.meta[frame], Kind.Tombstone);
    chunk.holes = true;
    if (chunk.base + frame < this.confirmedSeq) return;
    const bytes = chunk.ends[frame] - chunk.startOf(frame);
    chunk.holeBytes += bytes;
    this.holeBytes += bytes;
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

  /** Drops what the server would close the connection for, of what is not on the current link. */
  recheck(maxPayload: number, headers: boolean): void {
    this.scan((chunk, frame, c) => {
      const meta = chunk.meta[frame];
      const live = chunk.base + frame >= this.confirmedSeq;
      const reason =
        sizeOf(meta) > maxPayload ? "max-payload" : !headers && hasHeaders(meta) ? "headers" : undefined;
      if (reason === undefined || this.isBehindCursor(c, frame)) return;
      if (live) this.drop(chunk, frame, reason);
      else this.bury(chunk, frame);
    });
  }

  /** Messages that will be handed to the current link, or the next one, and have been on another before. */
  countReplay(): number {
    let count = 0;
    this.scan((chunk, frame, c) => {
      if (this.isHanded(chunk.base + frame) && !this.isBehindCursor(c, frame)) count++;
    });
    return count;
  }

  /**
   * Takes back one frame that is not on the current link: it ends as dropped, or as unconfirmed when an
   * earlier link has carried it. Returns whether that was still possible.
   */
  takeBack(seq: number, reason: DropReason): boolean {
    return this.withUnhanded(seq, (chunk, frame) => {
      if (this.isHanded(seq)) this.settle(chunk, frame, "unconfirmed");
      else this.drop(chunk, frame, reason);
    });
  }

  /** Drops one frame that is not on the current link; returns whether that was still possible. */
  dropFrame(seq: number, reason: DropReason): boolean {
    return this.withUnhanded(seq, (chunk, frame) => this.drop(chunk, frame, reason));
  }

  private withUnhanded(seq: number, end: (chunk: Chunk, frame: number) => void): boolean {
    const c = this.chunks.findLastIndex((chunk) => chunk.base <= seq);
    if (c === -1 || seq < this.confirmedSeq) return false;
    const chunk = this.chunks[c];
    const frame = seq - chunk.base;
    if (frame >= chunk.count || !counts(chunk.kindAt(frame)) || this.isBehindCursor(c, frame)) return false;
    end(chunk, frame);
    return true;
  }

  /**
   * Drops the oldest messages that are not on the current link, no requests, and `mayGo`, until so many messages with so
   * many encoded bytes have gone. Drops none, and returns false, when there are not enough.
   */
  dropOldest(messages: number, bytes: number, mayGo: (seq: number) => boolean): boolean {
    const found: { chunk: Chunk; frame: number }[] = [];
    let count = messages;
    let left = bytes;
    for (let c = 0; c < this.chunks.length; c++) {
      const chunk = this.chunks[c];
      const first = Math.max(this.oldestSeq, this.confirmedSeq) - chunk.base;
      for (let i = Math.max(0, first); i < chunk.count && (left > 0 || count > 0); i++) {
        const seq = chunk.base + i;
        if (chunk.kindAt(i) > Kind.DataOnce || this.isBehindCursor(c, i) || !mayGo(seq)) continue;
        found.push({ chunk, frame: i });
        left -= chunk.ends[i] - chunk.startOf(i);
        count--;
      }
    }
    if (left > 0 || count > 0) {
      // What has been looked at in vain is not looked at again for the next message.
      this.oldestSeq = found.length === 0 ? this.nextSeq : found[0].chunk.base + found[0].frame;
      return false;
    }
    this.scans++;
    for (const { chunk, frame } of found) {
      this.oldestSeq = chunk.base + frame + 1;
      this.drop(chunk, frame, "drop-oldest");
    }
    this.scans--;
    return true;
  }

  /** What was handed over is not any more, or other frames may go: {@link dropOldest} begins anew. */
  searchAnew(): void {
    this.oldestSeq = 0;
  }

  /**
   * Gives back chunks in which nothing waits any more and which no link carries: what an outage has dropped. Those in
   * which little waits are made small.
   */
  sweep(): void {
    if (this.scans > 0 || this.holeBytes === 0) return;
    for (let c = this.chunks.length - 1; c >= 0; c--) {
      const chunk = this.chunks[c];
      const isFree = chunk !== this.tail && chunk.base >= this.confirmedSeq && !this.isBehindCursor(c, 0);
      if (!isFree || (chunk.live > 0 && chunk.holeBytes * 2 <= chunk.fill) || this.hasProtocol(chunk))
        continue;
      if (chunk.live === 0) this.removeChunk(chunk, c);
      else this.compact(chunk, c);
    }
  }

  /** Puts what is left of a chunk of mostly holes into one of its own size; the frames keep their numbers. */
  private compact(chunk: Chunk, c: number): void {
    const isLeft = (frame: number) => chunk.kindAt(frame) !== Kind.Tombstone;
    let first = 0;
    let last = chunk.count - 1;
    while (!isLeft(first)) first++;
    while (!isLeft(last)) last--;
    const made = this.pool.fit(chunk.fill - chunk.holeBytes, last - first + 1);
    made.base = chunk.base + first;
    made.offset = chunk.offset + chunk.startOf(first);
    made.live = chunk.live;
    made.liveBytes = chunk.liveBytes;
    made.openedAt = chunk.openedAt;
    made.holes = true;
    for (let i = first; i <= last; i++) {
      if (isLeft(i)) made.fill += chunk.bytes.copy(made.bytes, made.fill, chunk.startOf(i), chunk.ends[i]);
      made.ends[made.count] = made.fill;
      made.meta[made.count++] = chunk.meta[i];
    }
    made.pings.push(...chunk.pings.map((frame) => frame - first));
    this.chunks[c] = made;
    this.pool.give(chunk);
  }

  private hasProtocol(chunk: Chunk): boolean {
    for (let i = 0; i < chunk.count; i++) if (chunk.kindAt(i) === Kind.Protocol) return true;
    return false;
  }

  private removeChunk(chunk: Chunk, c: number): void {
    // Cursor and confirmed position are not behind it, so that their numbers stay right.
    // Its PINGs go with it: what is before them needs another one.
    if (chunk.pings.length > 0) this.fencedSeq = Math.min(this.fencedSeq, chunk.base);
    this.holeBytes += chunk.fill - chunk.holeBytes;
    this.chunks.splice(c, 1);
    this.pool.give(chunk);
  }

  protected override openChunk(bytes: number, now: number): Chunk {
    const chunk = super.openChunk(bytes, now);
    this.sweep();
    return chunk;
  }

  /** Messages without an outcome that `isMeant`, and their encoded bytes. */
  measure(isMeant: (seq: number) => boolean): { messages: number; bytes: number } {
    const found = { messages: 0, bytes: 0 };
    this.scan((chunk, frame) => {
      const seq = chunk.base + frame;
      if (seq < this.confirmedSeq || !isMeant(seq)) return;
      found.messages++;
      found.bytes += chunk.ends[frame] - chunk.startOf(frame);
    });
    return found;
  }

  /** What the current link has been handed without a confirmation. */
  onTheWay(): OnTheWay {
    const found = { messages: 0, largest: 0 };
    this.scan((chunk, frame, c) => {
      if (chunk.base + frame < this.confirmedSeq || !this.isBehindCursor(c, frame)) return;
      found.messages++;
      found.largest = Math.max(found.largest, sizeOf(chunk.meta[frame]));
    });
    return found;
  }

  /** Messages with numbers from `from` up to `to` that have no outcome yet. */
  countPending(from: number, to: number): number {
    let count = 0;
    this.scan((chunk, frame) => {
      const seq = chunk.base + frame;
      if (seq >= from && seq < to && seq >= this.confirmedSeq) count++;
    });
    return count;
  }

  /** The position behind the `n`-th message from `from` on that has no outcome yet. */
  positionAfter(from: number, n: number): number {
    let left = n;
    let position = from;
    this.scan((chunk, frame) => {
      const seq = chunk.base + frame;
      if (left === 0 || seq < from || seq < this.confirmedSeq) return;
      left--;
      position = seq + 1;
    });
    return position;
  }

  /** Whether the frame still waits for its outcome. */
  isPending(seq: number): boolean {
    if (seq < this.confirmedSeq) return false;
    const chunk = this.chunks.findLast((candidate) => candidate.base <= seq);
    return chunk !== undefined && seq - chunk.base < chunk.count && counts(chunk.kindAt(seq - chunk.base));
  }

  /** Frame `frame` of `chunks[c]` has been handed to the current link. */
  protected isBehindCursor(c: number, frame: number): boolean {
    const no = this.firstChunk + c;
    return no < this.cursorChunk || (no === this.cursorChunk && frame < this.cursorFrame);
  }

  /** Whether the frame was ever handed to a link: a server may have got it. */
  isHanded(seq: number): boolean {
    return seq < this.handedSeq;
  }

  /** Visits all frames that the books count, the retained ones with them. */
  protected scan(visit: (chunk: Chunk, frame: number, c: number) => void): void {
    this.scans++;
    for (let c = 0; c < this.chunks.length; c++) {
      const chunk = this.chunks[c];
      for (let i = 0; i < chunk.count; i++) if (counts(chunk.kindAt(i))) visit(chunk, i, c);
    }
    this.scans--;
  }
}
