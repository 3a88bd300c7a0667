import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "./clock.js";
import { RETRY } from "./frames.js";

/** Bytes that may wait for a reader, beside what it was greeted with. */
export const MOST_WAITING = 1024 * 1024;
/** ms for which something may wait for a reader that takes nothing. */
export const LONGEST_WAIT_MS = 30_000;

/** One who reads server-sent events. Who does not read them, or is gone, is dropped: nothing piles up for them. */
export class Reader {
  private readonly res: ServerResponse;
  private readonly clock: Clock;
  /** Bytes of what it was greeted with last: that is sent in one piece, however long it is. */
  private greeted = 0;
  /** Bytes that were written, how many of them it had taken at the last look, and when it took some last (monotonic ms). */
  private written = 0;
  private taken = 0;
  private tookAt: number;

  /**
   * Begins the answer.
   *
   * @param onGone called once, when the reader has left or was dropped
   */
  constructor(req: IncomingMessage, res: ServerResponse, clock: Clock, onGone: (reader: Reader) => void) {
    this.res = res;
    this.clock = clock;
    this.tookAt = clock.elapsed();
    // Not to be told of it would be an exception that nobody catches.
    res.on("error", () => {});
    res.once("close", () => onGone(this));
    res.writeHead(200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      "Cache-Control": "no-store, no-transform",
      "X-Content-Type-Options": "nosniff",
      // Proxies that gather what they pass on would keep it back.
      "X-Accel-Buffering": "no",
    });
    req.socket.setNoDelay(true);
    this.write(RETRY);
  }

  /** Writes a `hello`. */
  greet(frame: Buffer): void {
    this.greeted = frame.length;
    this.write(frame);
  }

  /** Writes an event, or drops the reader if it does not read. */
  write(frame: Buffer): void {
    const { res } = this;
    if (res.destroyed || res.writableEnded) return;
    if (this.isStuck() || res.writableLength + frame.length > MOST_WAITING + this.greeted) {
      res.destroy();
      return;
    }
    this.written += frame.length;
    res.write(frame);
  }

  /** Whether what waits has waited for too long without any of it being taken. */
  private isStuck(): boolean {
    const { writableLength: waiting } = this.res;
    const now = this.clock.elapsed();
    const taken = this.written - waiting;
    if (waiting === 0 || taken > this.taken) {
      this.taken = taken;
      this.tookAt = now;
    }
    return now - this.tookAt > LONGEST_WAIT_MS;
  }

  /** Ends the stream at once; of what waits nothing is sent any more. */
  end(): void {
    if (this.res.writableLength === 0) this.res.end();
    else this.res.destroy();
  }
}
