import type { Socket } from "node:net";
import type { Clock } from "./clock.js";

/** ms that the read side gets to deliver what lies in the kernel when a write has failed. */
const LAST_WORDS = 50;

type WriteCallback = (error?: Error | null) => void;

/**
 * Lets a socket be read to its end when a write fails. A server that refuses us says why and closes; when it has not read
 * all that we wrote, its reset makes our next write fail, and Node destroys the socket with the reason unread in it.
 * The error is held back until the read side has ended, or for {@link LAST_WORDS} ms.
 *
 * @param failed called with the error when a write has failed: nothing should be written any more
 */
export function hearLastWords(socket: Socket, clock: Clock, failed: (error: Error) => void): void {
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
  const { _write: write, _writev: writev } = socket;
  socket._write = (chunk, encoding, callback) => write.call(socket, chunk, encoding, hold(callback));
  if (typeof writev === "function") {
    socket._writev = (chunks, callback) => writev.call(socket, chunks, hold(callback));
  }
}
