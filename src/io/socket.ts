import { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { webSocketClosed } from "../core/causes/websocket-close.js";
import { CodedError, describeCause } from "../errors.js";
import type { Chunk, ChunkPool } from "../wire/chunk.js";
import type { Clock } from "./clock.js";
import { hearLastWords, type LastWordsHost } from "./last-words.js";
import { resetSocket } from "./reset.js";
import { lowestHandle } from "./send-queue.js";
import { isTlsError, tlsEnded, tlsError } from "./tls.js";
import type { WireLog } from "./wire-log.js";

/** What a socket tells, always in the order in which it happened, and nothing after `closed`. */
export interface SocketListener {
  opened(): void;
  /** TLS stands. */
  secured(): void;
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
  /** It has ended, and has let go of its chunk: whoever hears of it once more does nothing. */
  over: boolean;
}

/** Pieces of a large frame are written one by one, so that a slow link shows progress. */
const PIECE = 64 * 1024;

/** Where a socket has its link. */
const LINK = Symbol("link");

type LinkStream = Socket & { [LINK]: LinkSocket };

// All sockets share their listeners: a function for each event would cost a connection more than its link.

function onConnect(this: LinkStream): void {
  this[LINK].connected();
}

function onData(this: LinkStream, data: Buffer | string): void {
  this[LINK].heard(this, data);
}

function onError(this: LinkStream, error: unknown): void {
  this[LINK].failed(error);
}

function onEnd(this: LinkStream): void {
  this[LINK].halfClosed();
}

function onClose(this: LinkStream): void {
  this[LINK].closed();
}

/**
 * One socket of one epoch. Writes refer to chunks until Node says that they have ended; only then may a
 * chunk be used again.
 */
export class LinkSocket implements LastWordsHost {
  /** The socket underneath. */
  readonly socket: Socket;
  /** What is read and written: the socket, or the TLS upon it. */
  private stream: Socket;
  private readonly listener: SocketListener;
  private readonly pool: ChunkPool;
  readonly clock: Clock;
  /** Writes that have not ended. */
  pending = 0;
  /** Writes since the socket was corked; undefined when it is not. */
  private corked: Write[] | undefined;
  private error: Error | undefined;
  /** Why a write has failed, while the rest is read. */
  private held: Error | undefined;
  private done = false;
  private opened = false;
  /** TLS is being set up, or nothing has come through it yet: a server that does not accept us says so only then, if at all. */
  private securing = false;
  private readonly log: WireLog | undefined;

  constructor(socket: Socket, pool: ChunkPool, clock: Clock, listener: SocketListener, log?: WireLog) {
    this.socket = socket;
    this.stream = socket;
    this.pool = pool;
    this.clock = clock;
    this.listener = listener;
    this.log = log;
    if (socket.readyState === "open" && !socket.pending) queueMicrotask(() => this.connected());
    else socket.on("connect", onConnect);
    this.listen(socket);
  }

  private listen(stream: Socket): void {
    (stream as LinkStream)[LINK] = this;
    hearLastWords(stream, this);
    stream.on("data", onData);
    stream.on("error", onError);
    // Whoever made the socket may have paused it.
    stream.resume();
    stream.on("end", onEnd);
    stream.on("close", onClose);
  }

  /** The socket underneath is open. @internal */
  connected(): void {
    this.opened = true;
    if (!this.done) this.listener.opened();
  }

  writeFailed(error: Error): void {
    this.opened = false;
    // The failed write takes the reset with it: the read side ends as if nothing had been wrong. After an orderly end of
    // the other side the system says EPIPE.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") this.held ??= error;
  }

  /** @internal */
  heard(stream: Socket, data: Buffer | string): void {
    if (this.done || stream !== this.stream) return;
    if (typeof data === "string") return this.fail(textSocket());
    this.securing = false;
    this.log?.in(data);
    this.listener.data(data);
  }

  /** @internal */
  failed(error: unknown): void {
    this.error ??= error instanceof Error ? error : new Error(describeCause(error));
  }

  /** Half closed is dead: what the kernel still holds must not be delivered after it was written again elsewhere. @internal */
  halfClosed(): void {
    this.destroy(true);
  }

  /** @internal */
  closed(): void {
    this.opened = false;
    if (this.done) return;
    this.done = true;
    this.listener.closed(
      this.explain(this.error ?? this.held) ??
        webSocketClosed((this.socket as { closeCode?: number }).closeCode),
    );
  }

  /** While TLS is set up whatever goes wrong is its failure; later only what says so. */
  private explain(error: Error | undefined): CodedError | undefined {
    if (error instanceof CodedError) return error;
    if (this.securing) return error === undefined ? tlsEnded() : tlsError(error);
    if (error === undefined) return undefined;
    return isTlsError(error) ? tlsError(error) : socketError(error);
  }

  /**
   * Puts TLS upon the socket; `secured` tells when it stands. Nothing is written meanwhile. Where INFO came first, the socket is read
   * once more before: a server that has no room says so in plain text right behind it, and TLS would swallow that.
   */
  secure(upgrade: (socket: Socket) => TLSSocket): void {
    this.opened = false;
    this.securing = true;
    if (!(this.socket.bytesRead > 0)) return this.encrypt(upgrade);
    const { clock } = this;
    // Sockets are read between two of these, and not before the first.
    clock.setImmediate(() => clock.setImmediate(() => this.encryptLater(upgrade)));
  }

  private encryptLater(upgrade: (socket: Socket) => TLSSocket): void {
    if (this.done || this.socket.destroyed) return;
    try {
      this.encrypt(upgrade);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(describeCause(error)));
    }
  }

  private encrypt(upgrade: (socket: Socket) => TLSSocket): void {
    const stream = upgrade(this.socket);
    this.stream = stream;
    stream.on("secureConnect", () => {
      this.opened = true;
      if (!this.done) this.listener.secured();
    });
    this.listen(stream);
  }

  /** What is read comes as the system hands it out: neither TLS nor a websocket is in between. */
  get isPlain(): boolean {
    const { socket } = this;
    return this.stream === socket && socket instanceof Socket && !isTlsBelow(socket);
  }

  /** Whether bytes wait in this process for the kernel to take them. */
  private get blocked(): boolean {
    if (this.stream === this.socket && !isTlsBelow(this.socket)) return this.socket.writableLength > 0;
    // TLS takes what it is given, and ends a write only in a later turn, room or not: the queue is underneath.
    return queueOf(this.socket) > 0;
  }

  /** The socket is not what it should be: that is why it ends. */
  private fail(error: Error): void {
    this.error ??= error;
    this.opened = false;
    this.destroy(true);
  }

  private destroy(reset: boolean): void {
    if (reset && this.socket.readyState !== "opening") resetSocket(this.socket);
    else this.socket.destroy();
    // Not in the same turn: this may be inside a callback of TLS, which goes on with what is underneath it, and Node crashes.
    const { stream } = this;
    if (stream !== this.socket) this.clock.setImmediate(() => stream.destroy());
  }

  /**
   * Takes writes: connected, and neither ended, failed nor destroyed. A destroyed socket ends new writes
   * before those that are still in the kernel.
   */
  get isOpen(): boolean {
    return this.opened && !this.done && this.stream.writable;
  }

  /** Gathers the writes up to {@link uncork} into one system call. */
  cork(): void {
    this.corked = [];
    this.stream.cork();
  }

  /** Returns how many of the bytes the kernel has taken in this call, as {@link write}. */
  uncork(): number {
    const { corked = [] } = this;
    this.corked = undefined;
    this.stream.uncork();
    let taken = 0;
    for (const write of corked) taken += this.handedOver(write);
    return taken;
  }

  /**
   * Writes `bytes[start, end)`; the chunk, if it is in one, has been referenced for this by the window. Returns how many of
   * them the kernel has taken in this call; of the others `written` tells. So what fits goes out without a turn between.
   */
  write(bytes: Uint8Array, start: number, end: number, chunk: Chunk | undefined): number {
    this.log?.out(bytes.subarray(start, end));
    let taken = 0;
    for (let at = start; at < end; at += PIECE) {
      const to = Math.min(at + PIECE, end);
      // Each piece refers to the chunk: when a socket is destroyed, writes do not end in their order.
      if (chunk !== undefined && at > start) chunk.refs++;
      const write: Write = { chunk, bytes: to - at, blocked: false, over: false };
      this.pending++;
      try {
        this.stream.write(bytes.subarray(at, to), (error) => this.ended(write, error));
      } catch (error) {
        // Node's own sockets do not throw here; those that a user's dialer has made may.
        this.ended(write, error as Error);
        this.fail(error instanceof Error ? error : new Error(describeCause(error)));
        break;
      }
      if (this.corked !== undefined) this.corked.push(write);
      else taken += this.handedOver(write);
    }
    return taken;
  }

  /** Node has the write: returns its bytes if the kernel has taken all there is, and lets go of them. */
  private handedOver(write: Write): number {
    const { stream } = this;
    // A stream that a user's dialer has made may have told of the end already.
    if (write.over) return 0;
    if (stream.writableLength === 0 && stream.writable) {
      this.release(write);
      return write.bytes;
    }
    if (this.blocked) write.blocked = true;
    return 0;
  }

  private release(write: Write): void {
    write.over = true;
    this.pending--;
    if (write.chunk !== undefined) this.pool.unref(write.chunk);
  }

  private ended(write: Write, error: Error | null | undefined): void {
    if (write.over) return;
    this.release(write);
    // A write that failed, or ended with its socket, is no progress and makes no room for more.
    if (!error && !this.done && !this.stream.destroyed) this.listener.written(write.bytes, write.blocked);
  }

  /** Ends the socket now. `reset`: what the kernel still holds must not be delivered. */
  close(reset: boolean): void {
    this.done = true;
    this.opened = false;
    this.destroy(reset);
  }
}

/** A socket that hands out text has changed what the server sent. */
function textSocket(): CodedError {
  const text = 'option "dialer" returned a socket that hands out text: it must not have an encoding';
  return new CodedError("CALLBACK_FAILED", text, { option: "dialer" });
}

/** Bytes that wait in Node for the kernel, underneath whatever lies upon the socket; see {@link lowestHandle}. */
function queueOf(socket: Socket): number {
  return lowestHandle(socket)?.writeQueueSize ?? 0;
}

/** Whether there is TLS underneath a websocket. */
function isTlsBelow(socket: Socket): boolean {
  return (socket as { encrypted?: boolean }).encrypted === true;
}

/** The error of a socket with the code of the case; the system's own error is its cause. */
export function socketError(error: Error): CodedError {
  const system = (error as NodeJS.ErrnoException).code;
  const refused =
    system === "ECONNREFUSED" ||
    system === "ENOTFOUND" ||
    system === "EAI_AGAIN" ||
    system === "EHOSTUNREACH";
  // Of a name that has several addresses, Node tells one error each, and no text of its own.
  const each = error instanceof AggregateError ? error.errors.map(describeCause).join("; ") : "";
  const text = error.message || each || String(system);
  return new CodedError(refused ? "CONNECTION_REFUSED" : "CONNECTION_LOST", text, { cause: error });
}
