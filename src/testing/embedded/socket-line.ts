import type { Socket } from "node:net";
import type { Line } from "../broker/line.js";

/** How long a client may take to close its end after ours was closed, ms. */
const LINGER = 1000;

/** A server's end of a connection over a real socket. What is written in one turn goes out as one piece. */
export class SocketLine implements Line {
  readonly socket: Socket;
  private batch: Buffer[] = [];
  private batched = 0;
  private closing = false;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  get pending(): number {
    return this.batched + this.socket.writableLength;
  }

  write(bytes: Buffer): void {
    if (this.closing) return;
    if (this.batched === 0) process.nextTick(this.flush);
    this.batch.push(bytes);
    this.batched += bytes.length;
  }

  private readonly flush = (): void => {
    const { batch } = this;
    if (batch.length === 0) return;
    this.batch = [];
    this.batched = 0;
    if (this.socket.writable) this.socket.write(batch.length === 1 ? batch[0] : Buffer.concat(batch));
  };

  /** Its last words would be lost if the socket were destroyed before the client's were read. */
  close(): void {
    if (this.closing) return;
    this.flush();
    this.closing = true;
    this.socket.removeAllListeners("data").resume().end();
    const timer = setTimeout(() => this.socket.destroy(), LINGER);
    this.socket.once("end", () => this.socket.destroy());
    this.socket.once("close", () => clearTimeout(timer));
  }

  destroy(): void {
    this.closing = true;
    this.batch = [];
    this.batched = 0;
    this.socket.destroy();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    if (!this.closing) this.socket.resume();
  }
}
