import { CHUNK_BYTES, type Chunk, type ChunkPool, PING_BYTES } from "../wire/chunk.js";
import { encodePing, encodeProtocol, encodePublish, publishBound, publishBytes } from "../wire/encoder.js";
import type { SubjectEntry } from "../wire/subject-cache.js";
import type { Books } from "./books.js";
import { WIDE } from "./wide.js";

/** Encoded bytes between two PINGs of a burst while PONGs come quickly, at least: so the fourth chunk has one. Each costs both sides a write and a read. */
export const SPARSE_PINGS = 3 * CHUNK_BYTES;

/** Hears of the log. */
export interface FullListener {
  /** A chunk is full, and the burst goes on. May have the log's bytes written, and nothing else. */
  onFull(): void;
}

/**
 * The log of frames under the publish window: appends at its tail, in chunks from a pool. Sequence numbers
 * count all frames, also PING and SUB, and never restart.
 */
export class FrameLog {
  protected readonly pool: ChunkPool;
  protected readonly books: Books;
  protected chunks: Chunk[] = [];
  /** Number of `chunks[0]` in the count of all chunks. */
  protected firstChunk = 0;
  /** The chunk that still takes frames. Invariant: it has room for the PING that closes it. */
  protected tail: Chunk | undefined;
  /** Sequence number of the next frame. */
  protected nextSeq = 0;
  /** Frames before this have a PING behind them. */
  protected fencedSeq = 0;
  /** Encoded bytes ever appended, and how many there were behind the last PING. */
  protected appended = WIDE;
  private fencedAt = WIDE;
  /** Encoded bytes behind the last PING with which a full chunk is closed by another; 0: every one is. */
  pingEvery = 0;
  listener: FullListener | undefined;

  constructor(pool: ChunkPool, books: Books) {
    this.pool = pool;
    this.books = books;
    this.appended = 0;
    this.fencedAt = 0;
  }

  /** Sequence number that the next frame gets. */
  get position(): number {
    return this.nextSeq;
  }

  /** Chunks that are held, the retained ones with them. */
  get held(): number {
    return this.chunks.length;
  }

  /** Some frame has no PING behind it. */
  get unfenced(): boolean {
    return this.fencedSeq < this.nextSeq;
  }

  /** Appends a publish. The hot path: copies once, touches counters, allocates nothing. */
  append(
    kind: number,
    entry: SubjectEntry,
    reply: string,
    headers: Uint8Array | undefined,
    payload: Uint8Array | string,
    now: number,
  ): void {
    const bound = publishBound(entry, reply, headers, payload);
    let chunk = this.tail;
    if (chunk === undefined || chunk.free < bound) {
      chunk = this.roomFor(bound, entry, reply, headers, payload, now);
    }
    const before = chunk.fill;
    const size = encodePublish(chunk, kind, entry, reply, headers, payload);
    this.appended += chunk.fill - before;
    this.nextSeq++;
    entry.published++;
    if (chunk.live === 0) chunk.openedAt = now;
    chunk.live++;
    chunk.liveBytes += size;
    const { books } = this;
    books.accepted++;
    books.acceptedBytes += size;
    books.pending++;
    books.pendingBytes += size;
  }

  protected roomFor(
    bound: number,
    entry: SubjectEntry,
    reply: string,
    headers: Uint8Array | undefined,
    payload: Uint8Array | string,
    now: number,
  ): Chunk {
    // The bound of a text is three times its length: near the end of a chunk the exact size decides.
    const exact =
      typeof payload === "string" || reply !== "" ? publishBytes(entry, reply, headers, payload) : bound;
    const { tail } = this;
    if (tail !== undefined && tail.free >= exact) return tail;
    return this.openChunk(exact, now);
  }

  protected openChunk(bytes: number, now: number): Chunk {
    if (this.tail !== undefined) {
      this.closeTail();
      // While there is no tail: the log may let go of all it has.
      this.listener?.onFull();
    }
    const chunk = this.pool.take(bytes);
    chunk.base = this.nextSeq;
    chunk.offset = this.appended;
    chunk.openedAt = now;
    this.chunks.push(chunk);
    this.tail = chunk;
    return chunk;
  }

  /** A PING closes chunks that have something to confirm, all or, by {@link pingEvery}, some. */
  private closeTail(): void {
    if (this.unfenced && this.appended - this.fencedAt >= this.pingEvery) this.pushPing(this.tail!);
    this.tail = undefined;
  }

  protected pushPing(chunk: Chunk): void {
    encodePing(chunk);
    this.appended += PING_BYTES;
    this.fencedAt = this.appended;
    this.nextSeq++;
    this.fencedSeq = this.nextSeq;
  }

  /**
   * Puts a PING behind everything accepted so far. Returns the position that its PONG confirms.
   */
  protected pushFence(now: number): number {
    // The room for a closing PING is always free, and a tail that has used it is closed.
    const tail = this.tail ?? this.openChunk(PING_BYTES, now);
    this.pushPing(tail);
    if (tail.free <= PING_BYTES) this.tail = undefined;
    return this.nextSeq;
  }

  /** Appends a SUB or UNSUB, in order with what is published around it. */
  appendProtocol(line: Uint8Array, now: number): void {
    let chunk = this.tail;
    if (chunk === undefined || chunk.free < line.length) chunk = this.openChunk(line.length, now);
    encodeProtocol(chunk, line);
    this.appended += line.length;
    this.nextSeq++;
  }
}
