import { kindOf } from "./frame.js";

/** Bytes of a pooled chunk. */
export const CHUNK_BYTES = 64 * 1024;
/** Frames that a pooled chunk can index; a chunk of very small frames is closed when it has that many. */
export const CHUNK_FRAMES = 2048;
/** Room that every chunk keeps at its end for the PING that closes it: bytes of the frame. */
export const PING_BYTES = 6;

/**
 * A run of encoded frames: their bytes, once, and an index of where each ends and what it is. The very
 * bytes that were written are kept until they are confirmed, and written again from here.
 */
export class Chunk {
  readonly bytes: Buffer;
  /** End offset of each frame in `bytes`. */
  readonly ends: Uint32Array;
  /** Index word of each frame, see `frame.ts`. */
  readonly meta: Uint32Array;
  /** Frames appended. */
  count = 0;
  /** Bytes appended. */
  fill = 0;
  /** Sequence number of the first frame in the window's count. */
  base = 0;
  /** Offset of the first byte in the window's stream of encoded bytes. */
  offset = 0;
  /** Frames that have no outcome yet, and their payload bytes. */
  live = 0;
  liveBytes = 0;
  /** Indexes of the PING frames, ascending. */
  readonly pings: number[] = [];
  /** Some frame is a tombstone: the writer must look at each. */
  holes = false;
  /** Encoded bytes of tombstones that no confirmation has passed yet. */
  holeBytes = 0;
  /** Monotonic ms when the first frame came in. */
  openedAt = 0;
  /** Writes that still refer to the bytes. Invariant: a chunk with `refs > 0` is never given to the pool. */
  refs = 0;
  /** The window has let go of it; the last write gives it back. */
  released = false;

  constructor(bytes: number, frames: number) {
    this.bytes = Buffer.allocUnsafeSlow(bytes);
    this.ends = new Uint32Array(frames);
    this.meta = new Uint32Array(frames);
  }

  /** Bytes that a frame may still take, the closing PING's room put aside. */
  get free(): number {
    return this.count + 1 < this.ends.length ? this.bytes.length - PING_BYTES - this.fill : 0;
  }

  startOf(frame: number): number {
    return frame === 0 ? 0 : this.ends[frame - 1];
  }

  kindAt(frame: number): number {
    return kindOf(this.meta[frame]);
  }

  reset(): void {
    this.count = 0;
    this.fill = 0;
    this.live = 0;
    this.liveBytes = 0;
    this.pings.length = 0;
    this.holes = false;
    this.holeBytes = 0;
    this.released = false;
  }
}

/** Idle chunks that are kept for whoever publishes next. */
const RESTING = 4;

/**
 * Hands out chunks and takes them back. One pool serves all connections of a process, so that an idle
 * connection holds none.
 */
export class ChunkPool {
  private readonly idle: Chunk[] = [];
  private readonly keep: number;
  /** Pooled chunks handed out and not yet back; for tests and memory accounting. */
  used = 0;
  /** Fewest idle chunks since the last {@link rest}: so many were not needed. */
  private least = 0;

  /** @param keep most idle chunks that are kept for reuse; default 128 (8 MiB of frames) */
  constructor(keep = 128) {
    this.keep = keep;
  }

  /** A chunk with room for a frame of `bytes`: a pooled one, or one made to measure for a large frame. */
  take(bytes: number): Chunk {
    if (bytes + PING_BYTES > CHUNK_BYTES) return new Chunk(bytes + PING_BYTES, 2);
    this.used++;
    const chunk = this.idle.pop() ?? new Chunk(CHUNK_BYTES, CHUNK_FRAMES);
    if (this.idle.length < this.least) this.least = this.idle.length;
    return chunk;
  }

  /** A chunk made to measure, for so many frames that are copied into it; it never becomes one of the pool's own. */
  fit(bytes: number, frames: number): Chunk {
    // The pool knows its own by their size.
    return new Chunk(bytes === CHUNK_BYTES ? bytes + 1 : bytes, frames);
  }

  /** Takes a chunk back, now or when its last write has ended. */
  give(chunk: Chunk): void {
    chunk.released = true;
    if (chunk.refs === 0) this.recycle(chunk);
  }

  /** A write that referred to the chunk has ended, one way or the other. */
  unref(chunk: Chunk): void {
    chunk.refs--;
    if (chunk.refs === 0 && chunk.released) this.recycle(chunk);
  }

  /** Idle chunks at hand. */
  get free(): number {
    return this.idle.length;
  }

  /**
   * Lets go of the idle chunks that nobody has needed since the last call, but for some. To be called now and then: a burst is often
   * followed by another, which should not have to make its chunks anew.
   */
  rest(): void {
    this.idle.length -= Math.max(0, Math.min(this.least, this.idle.length - RESTING));
    this.least = this.idle.length;
  }

  /** Whether there are more than a pool has that rests. */
  get isLarge(): boolean {
    return this.idle.length > RESTING;
  }

  private recycle(chunk: Chunk): void {
    if (chunk.bytes.length !== CHUNK_BYTES) return;
    this.used--;
    if (this.idle.length >= this.keep) return;
    chunk.reset();
    this.idle.push(chunk);
  }
}
