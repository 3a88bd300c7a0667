import { connect, type Socket } from "node:net";
import type { PoolServer } from "../core/pool.js";
import { CodedError } from "../errors.js";
import type { Chunk, ChunkPool } from "../wire/chunk.js";

/** Makes the socket of one attempt; it may still be connecting. */
export type Dialer = (server: PoolServer) => Socket;

/** What a socket tells, always in the order in which it happened, and nothing after `closed`. */
export interface SocketListener {
  opened(): void;
  data(buf: Buffer): void;
  written(bytes: number): void;
  closed(error: Error | undefined): void;
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
  private readonly socket: Socket;
  private readonly listener: SocketListener;
  private readonly pool: ChunkPool;
  /** Writes that have not ended, oldest first: their chunks and sizes. */
  private readonly chunks: (Chunk | undefined)[] = [];
  private readonly sizes: number[] = [];
  private error: Error | undefined;
  private done = false;
  isOpen = false;

  constructor(socket: Socket, pool: ChunkPool, listener: SocketListener) {
    this.socket = socket;
    this.pool = pool;
    this.listener = listener;
    socket.on("connect", () => {
      this.isOpen = true;
      if (!this.done) listener.opened();
    });
    socket.on("data", (buf: Buffer) => {
      if (!this.done) listener.data(buf);
    });
    socket.on("error", (error) => {
      this.error ??= error;
    });
    socket.on("end", () => this.socket.destroy());
    socket.on("close", () => {
      this.isOpen = false;
      if (this.done) return;
      this.done = true;
      listener.closed(this.error === undefined ? undefined : socketError(this.error));
    });
  }

  cork(): void {
    this.socket.cork();
  }

  uncork(): void {
    this.socket.uncork();
  }

  /** Writes `bytes[start, end)`; the chunk, if it is in one, has been referenced for this by the window. */
  write(bytes: Uint8Array, start: number, end: number, chunk: Chunk | undefined): void {
    for (let at = start; at < end; at += PIECE) {
      const to = Math.min(at + PIECE, end);
      // The last piece gives the chunk back: pieces end in their order.
      this.chunks.push(to === end ? chunk : undefined);
      this.sizes.push(to - at);
      this.socket.write(bytes.subarray(at, to), this.onWritten);
    }
  }

  private readonly onWritten = (): void => {
    const chunk = this.chunks.shift();
    const bytes = this.sizes.shift()!;
    if (chunk !== undefined) this.pool.unref(chunk);
    if (!this.done) this.listener.written(bytes);
  };

  /** Ends the socket now. `reset`: what the kernel still holds must not be delivered. */
  close(reset: boolean): void {
    this.done = true;
    this.isOpen = false;
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
