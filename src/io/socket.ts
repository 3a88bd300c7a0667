import { connect, type Socket } from "node:net";
import type { PoolServer } from "../core/pool.js";
import { CodedError } from "../errors.js";
import type { Chunk, ChunkPool } from "../wire/chunk.js";
import type { Clock } from "./clock.js";
import { hearLastWords } from "./last-words.js";

/** Makes the socket of one attempt; it may still be connecting. */
export type Dialer = (server: PoolServer) => Socket;

/** What a socket tells, always in the order in which it happened, and nothing after `closed`. */
export interface SocketListener {
  opened(): void;
  data(buf: Buffer): void;
  /** The kernel has taken `bytes`; `blocked`: it had no room for them at first. */
  written(bytes: number, blocked: boolean): void;
  closed(error: Error | undefined): void;
}

/** A write that has been handed to Node. */
interface Write {
  readonly chunk: Chunk | undefined;
  readonly bytes: number;
  /** The kernel had no room for it at first. */
  blocked: boolean;
}

/** Pieces of a large frame are written one by one, so that a slow link shows progress. */
const PIECE = 64 * 1024;

/** Default dialer: TCP, without Nagle's delay, with keep-alive. Names are resolved at every attempt. */
export function dialTcp(server: PoolServer): Socket {
  const { hostname, port } = server.address;
  return connect({ host: hostname, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 30_000 });
}

/**
 * One socket of one epoch. Writes refer to chunks until Node says that they have ended; only then may a
 * chunk be used again.
 */
export class LinkSocket {
  readonly socket: Socket;
  private readonly listener: SocketListener;
  private readonly pool: ChunkPool;
  /** Writes that have not ended. */
  pending = 0;
  /** Writes since the socket was corked; undefined when it is not. */
  private corked: Write[] | undefined;
  private error: Error | undefined;
  /** Why a write has failed, while the rest is read. */
  private held: Error | undefined;
  private done = false;
  private opened = false;

  constructor(socket: Socket, pool: ChunkPool, clock: Clock, listener: SocketListener) {
    this.socket = socket;
    this.pool = pool;
    this.listener = listener;
    hearLastWords(socket, clock, (error) => {
      this.opened = false;
      // The failed write takes the reset with it: the read side ends as if nothing had been wrong. After an orderly end of
      // the other side the system says EPIPE.
      if ((error as NodeJS.ErrnoException).code !== "EPIPE") this.held ??= error;
    });
    socket.on("connect", () => {
      this.opened = true;
      if (!this.done) listener.opened();
    });
    socket.on("data", (buf: Buffer) => {
      if (!this.done) listener.data(buf);
    });
    socket.on("error", (error) => {
      this.error ??= error;
    });
    // Half closed is dead: what the kernel still holds must not be delivered after it was written again elsewhere.
    socket.on("end", () => this.socket.resetAndDestroy());
    socket.on("close", () => {
      this.opened = false;
      if (this.done) return;
      this.done = true;
      const error = this.error ?? this.held;
      listener.closed(error === undefined ? undefined : socketError(error));
    });
  }

  /**
   * Takes writes: connected, and neither ended, failed nor destroyed. A destroyed socket ends new writes
   * before those that are still in the kernel.
   */
  get isOpen(): boolean {
    return this.opened && !this.done && this.socket.writable;
  }

  /** Gathers the writes up to {@link uncork} into one system call. */
  cork(): void {
    this.corked = [];
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
    if (this.socket.writableLength > 0) for (const write of this.corked ?? []) write.blocked = true;
    this.corked = undefined;
  }

  /** Writes `bytes[start, end)`; the chunk, if it is in one, has been referenced for this by the window. */
  write(bytes: Uint8Array, start: number, end: number, chunk: Chunk | undefined): void {
    for (let at = start; at < end; at += PIECE) {
      const to = Math.min(at + PIECE, end);
      // Each piece refers to the chunk: when a socket is destroyed, writes do not end in their order.
      if (chunk !== undefined && at > start) chunk.refs++;
      const write: Write = { chunk, bytes: to - at, blocked: false };
      this.pending++;
      this.socket.write(bytes.subarray(at, to), (error) => this.ended(write, error));
      if (this.corked !== undefined) this.corked.push(write);
      else if (this.socket.writableLength > 0) write.blocked = true;
    }
  }

  private ended(write: Write, error: Error | null | undefined): void {
    this.pending--;
    if (write.chunk !== undefined) this.pool.unref(write.chunk);
    // A write that failed, or ended with its socket, is no progress and makes no room for more.
    if (!error && !this.done && !this.socket.destroyed) this.listener.written(write.bytes, write.blocked);
  }

  /** Ends the socket now. `reset`: what the kernel still holds must not be delivered. */
  close(reset: boolean): void {
    this.done = true;
    this.opened = false;
    if (reset && this.socket.readyState !== "opening") this.socket.resetAndDestroy();
    else this.socket.destroy();
  }
}

/** The error of a socket with the code of the case; the system's own error is its cause. */
export function socketError(error: Error): CodedError {
  const system = (error as NodeJS.ErrnoException).code;
  const refused =
    system === "ECONNREFUSED" ||
    system === "ENOTFOUND" ||
    system === "EAI_AGAIN" ||
    system === "EHOSTUNREACH";
  return new CodedError(refused ? "CONNECTION_REFUSED" : "CONNECTION_LOST", error.message || String(system), {
    cause: error,
  });
}
