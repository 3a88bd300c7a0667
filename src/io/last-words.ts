import { Socket } from "node:net";
import type { Clock } from "./clock.js";

/** ms that the read side gets to deliver what lies in the kernel when a write has failed. */
const LAST_WORDS = 50;

type WriteCallback = (error?: Error | null) => void;

/**
 * Lets both sides of a socket have their say before one of them ends it.
 *
 * A write that fails: a server that refuses us says why and closes; when it has not read all that we wrote, its reset makes our
 * next write fail, and Node destroys the socket with the reason unread in it. The error is held back until the read side has
 * ended, or for {@link LAST_WORDS} ms.
 *
 * A read side that ends: what was reset right behind bytes is told as an orderly end by libuv, which does not read again behind
 * the last of them. Only a write learns of the reset: one that waits for room does in this very turn, else an empty one does.
 *
 * @param tcp the socket itself, where `socket` is something upon it
 * @param failed called with the error when a write has failed: nothing should be written any more
 */
export function hearLastWords(
  socket: Socket,
  tcp: Socket,
  clock: Clock,
  failed: (error: Error) => void,
): void {
  const hold = (callback: WriteCallback): WriteCallback => {
    return (error) => {
      if (!error || socket.destroyed) return callback(error);
      failed(error);
      let held = true;
      const release = () => {
        if (!held) return;
        held = false;
        clock.clearTimeout(timer);
        callback(error);
      };
      const timer = clock.setTimeout(release, LAST_WORDS);
      socket.once("close", release);
    };
  };
  const { _write: write, _writev: writev, push } = socket;
  socket._write = (chunk, encoding, callback) => write.call(socket, chunk, encoding, hold(callback));
  if (typeof writev === "function") {
    socket._writev = (chunks, callback) => writev.call(socket, chunks, hold(callback));
  }
  socket.push = (chunk, encoding) => {
    if (chunk !== null) return push.call(socket, chunk, encoding);
    // A socket that a user's dialer has made of something else might take an empty write for a message.
    if (tcp instanceof Socket && tcp.writable) tcp.write("");
    clock.setImmediate(() => {
      if (socket.destroyed) return;
      push.call(socket, null);
      // As Node does itself: the end is told also when there was nothing to read.
      socket.read(0);
    });
    return false;
  };
}
