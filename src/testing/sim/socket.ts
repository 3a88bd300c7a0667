import { CodedError } from "../../errors.js";
import type { SocketListener } from "../../io/socket.js";
import type { Chunk } from "../../wire/chunk.js";
import type { Random } from "../random.js";
import type { GuardedPool } from "./guarded-pool.js";
import type { Conditions } from "./pipe.js";
import { demand } from "./violation.js";
import type { Wire } from "./wire.js";
import type { World } from "./world.js";

/** A write that has not ended: the bytes as they lie in memory, and as they were when they were written. */
interface Write {
  readonly view: Uint8Array;
  readonly copy: Buffer;
  readonly chunk: Chunk | undefined;
  /** Bytes that the kernel has taken. */
  taken: number;
  /** The kernel had no room for it at first. */
  blocked: boolean;
}

/** Pieces of a large write, as in `io/socket.ts`. */
const PIECE = 64 * 1024;

/** How likely a write for which there is room has ended in the very call. */
const AT_ONCE = 0.7;

/**
 * The client's end of a connection. It does what `LinkSocket` and Node do together: a write refers to the
 * chunk until it has ended, and it ends late, also after the socket was destroyed.
 */
export class SimSocket {
  private readonly world: World;
  private readonly random: Random;
  private readonly luck: Random;
  private readonly conditions: Conditions;
  private readonly pool: GuardedPool;
  private readonly listener: SocketListener;
  /** Writes that have not ended, oldest first. */
  private readonly writing: Write[] = [];
  /** Those among them that the kernel has not taken whole. */
  private waiting: Write[] = [];
  private destroyed = false;
  /** When a write ended for which there had been no room at first. */
  lastProgress = 0;
  wire: Wire | undefined;
  /** The owner has closed it, or was told that it is closed: nothing is told any more. */
  done = false;
  isOpen = false;
  /** How it ended, as the system tells: `refused`, `unresolved`, `reset` or `closed`. */
  ending: string | undefined;

  constructor(
    world: World,
    random: Random,
    conditions: Conditions,
    pool: GuardedPool,
    listener: SocketListener,
  ) {
    this.world = world;
    this.random = random;
    this.luck = random.fork(41);
    this.conditions = conditions;
    this.pool = pool;
    this.listener = listener;
  }

  /** The server has accepted. */
  open(wire: Wire): void {
    this.wire = wire;
    wire.client = {
      data: (bytes) => {
        if (!this.done && !this.destroyed) this.listener.data(bytes);
      },
      end: (error) => this.ended(error),
    };
    wire.up.onRoom = this.offer;
  }

  /** The client hears that the server has accepted. */
  opened(): void {
    if (this.done) return;
    this.isOpen = true;
    this.listener.opened();
  }

  /** It could not be opened. */
  refused(reason: string, code = "ECONNREFUSED"): void {
    if (this.done) return;
    this.done = true;
    this.ending = code === "ECONNREFUSED" ? "refused" : "unresolved";
    const cause = Object.assign(new Error(reason), { code });
    this.listener.closed(new CodedError("CONNECTION_REFUSED", reason, { cause }));
  }

  /** Everything that was written has been taken, and has arrived. */
  get idle(): boolean {
    return this.writing.length === 0 && this.wire?.idle === true;
  }

  /**
   * How many bytes have reached the other end's kernel, and how many ours still holds, as in `io/socket.ts`;
   * undefined when the system does not tell.
   */
  look(): { arrived: number; queued: number } | undefined {
    if (this.done || this.destroyed || this.wire === undefined) return undefined;
    const { acked, queued } = this.wire.up;
    return { arrived: acked, queued };
  }

  /** Writes `bytes[start, end)`; the chunk, if it is in one, has been referenced for this. Returns what the kernel has taken at once. */
  write(bytes: Uint8Array, start: number, end: number, chunk: Chunk | undefined): number {
    if (this.takesAtOnce(end - start)) {
      this.wire!.up.push(Buffer.from(bytes.subarray(start, end)));
      if (chunk !== undefined) this.pool.unref(chunk);
      return end - start;
    }
    for (let at = start; at < end; at += PIECE) {
      const to = Math.min(at + PIECE, end);
      const view = bytes.subarray(at, to);
      const copy = Buffer.from(view);
      const write = { view, copy, chunk: to === end ? chunk : undefined, taken: 0, blocked: false };
      this.writing.push(write);
      this.waiting.push(write);
    }
    this.offer();
    for (const write of this.waiting) write.blocked = true;
    return 0;
  }

  /** Behind nothing that waits, and with room for all: as a rule a write has ended then, but TLS ends it later. */
  private takesAtOnce(bytes: number): boolean {
    const { capacity } = this.conditions;
    const fits =
      this.writing.length === 0 && !this.destroyed && bytes * 2 <= capacity - this.wire!.up.occupied;
    return fits && this.luck.chance(AT_ONCE);
  }

  /** Gives the kernel as much as it takes. */
  private readonly offer = (): void => {
    const { up } = this.wire!;
    while (this.waiting.length > 0 && !this.destroyed) {
      const free = this.conditions.capacity - up.occupied;
      // A kernel waits until there is room worth having, or bytes would go out one by one.
      if (free * 4 < this.conditions.capacity) return;
      const write = this.waiting[0];
      const size = Math.min(free, write.copy.length - write.taken);
      up.push(write.copy.subarray(write.taken, write.taken + size));
      write.taken += size;
      if (write.taken < write.copy.length) return;
      this.waiting.shift();
      this.endLater();
    }
  };

  private endLater(): void {
    this.world.clientIn(this.conditions.writtenDelay * this.random.float(), this.onWritten);
  }

  private readonly onWritten = (): void => {
    const write = this.writing.shift()!;
    demand(
      write.copy.equals(write.view),
      "chunk-reused",
      () => "bytes changed while a write referred to them",
    );
    if (write.chunk !== undefined) this.pool.unref(write.chunk);
    if (write.blocked) this.lastProgress = this.world.now;
    if (!this.done && !this.destroyed) this.listener.written(write.copy.length, write.blocked);
  };

  /** The stream has ended: all writes end unheard, and that it is closed is told in a later turn. */
  private ended(error: string | undefined): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.isOpen = false;
    this.ending = error === undefined ? "closed" : "reset";
    const waiting = this.waiting.length;
    this.waiting = [];
    for (let i = 0; i < waiting; i++) this.endLater();
    this.world.clientIn(this.random.chance(0.5) ? 0 : this.conditions.writtenDelay, () => {
      if (this.done) return;
      this.done = true;
      if (error === undefined) return this.listener.closed(undefined);
      const cause = Object.assign(new Error(error), { code: error });
      this.listener.closed(new CodedError("CONNECTION_LOST", error, { cause }));
    });
  }

  /** Ends the socket now, as `LinkSocket.close`. Its writes end later, unheard. */
  close(reset: boolean): void {
    this.done = true;
    this.isOpen = false;
    if (this.destroyed) return;
    this.destroyed = true;
    for (const _ of this.waiting) this.endLater();
    this.waiting = [];
    this.wire?.clientClosed(reset);
  }
}
