import { Socket } from "node:net";
import type { Clock } from "./clock.js";

/** ms that the read side gets to deliver what lies in the kernel when a write has failed. */
const LAST_WORDS = 50;

type WriteCallback = (error?: Error | null) => void;

/** Who lets a socket have its say. */
export interface LastWordsHost {
  /** The socket itself, where the one that is heard is something upon it. */
  readonly socket: Socket;
  readonly clock: Clock;
  /** A write has failed: nothing should be written any more. */
  writeFailed(error: Error): void;
}

/** What a socket did by itself before it was heard. */
interface Heard {
  readonly host: LastWordsHost;
  readonly write: Socket["_write"];
  readonly writev: Socket["_writev"];
  readonly push: Socket["push"];
}

/** Where a socket has that: so all sockets share their functions, and a connection costs one object. */
const HEARD = Symbol("last words");

type HeardSocket = Socket & { [HEARD]: Heard };

/**
 * Lets both sides of a socket have their say before one of them ends it.
 *
 * A write that fails: a server that refuses us says why and closes; when it has not read all that we wrote, its reset makes our
 * next write fail, and Node destroys the socket with the reason unread in it. The error is held back until the read side has
 * ended, or for {@link LAST_WORDS} ms.
 *
 * A read side that ends: what was reset right behind bytes is told as an orderly end by libuv, which does not read again behind
 * the last of them. Only a write learns of the reset: one that waits for room does in this very turn, else an empty one does.
 */
export function hearLastWords(socket: Socket, host: LastWordsHost): void {
  const { _write: write, _writev: writev, push } = socket;
  (socket as HeardSocket)[HEARD] = { host, write, writev, push };
  socket._write = writeHeard;
  if (typeof writev === "function") socket._writev = writevHeard;
  socket.push = pushHeard;
}

function writeHeard(
  this: HeardSocket,
  chunk: unknown,
  encoding: BufferEncoding,
  callback: WriteCallback,
): void {
  const { host, write } = this[HEARD];
  write.call(this, chunk, encoding, held(this, host, callback));
}

function writevHeard(
  this: HeardSocket,
  chunks: Parameters<NonNullable<Socket["_writev"]>>[0],
  callback: WriteCallback,
): void {
  const { host, writev } = this[HEARD];
  writev!.call(this, chunks, held(this, host, callback));
}

function pushHeard(this: HeardSocket, chunk: unknown, encoding?: BufferEncoding): boolean {
  const { host, push } = this[HEARD];
  if (chunk !== null) return push.call(this, chunk, encoding);
  const { socket: tcp, clock } = host;
  // A socket that a user's dialer has made of something else might take an empty write for a message.
  if (tcp instanceof Socket && tcp.writable) tcp.write("");
  clock.setImmediate(() => {
    if (this.destroyed) return;
    push.call(this, null);
    // As Node does itself: the end is told also when there was nothing to read.
    this.read(0);
  });
  return false;
}

/** A callback that holds an error back. */
function held(socket: Socket, host: LastWordsHost, callback: WriteCallback): WriteCallback {
  return (error) => {
    if (!error || socket.destroyed) return callback(error);
    const { clock } = host;
    host.writeFailed(error);
    let waits = true;
    const release = () => {
      if (!waits) return;
      waits = false;
      clock.clearTimeout(timer);
      callback(error);
    };
    // Timers that are due come before the sockets when this process was busy: what lies in the kernel is read first.
    const timer = clock.setTimeout(() => clock.setImmediate(release), LAST_WORDS);
    socket.once("close", release);
  };
}
