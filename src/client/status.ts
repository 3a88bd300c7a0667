import { NONE } from "../core/none.js";
import { type QueuedIterator, QueuedIteratorImpl, type Status } from "../interop/nats-core.js";

/** Most statuses that wait for a reader; beyond that the oldest are forgotten. */
const MAX_WAITING = 1024;

/** The readers of `nc.status()`: each gets everything from its call on, in nats.js's shape. */
export class StatusFeed {
  private readers: readonly QueuedIteratorImpl<Status>[] = NONE;
  private closed = false;

  open(): QueuedIterator<Status> {
    const reader = new QueuedIteratorImpl<Status>();
    if (this.closed) {
      reader.stop();
      return reader;
    }
    this.readers = [...this.readers, reader];
    reader.iterClosed.then(() => {
      this.readers = this.readers.filter((other) => other !== reader);
    });
    return reader;
  }

  /** A move that the application has asked for in nats.js's words is told in nats.js's words: who has, may wait for them. */
  forced(from: string, to: string): void {
    this.push({ type: "disconnect", server: from });
    this.push({ type: "reconnect", server: to });
  }

  push(status: Status): void {
    for (const reader of this.readers) {
      if (reader.yields.length >= MAX_WAITING) reader.yields.shift();
      reader.push(status);
    }
  }

  close(): void {
    this.closed = true;
    for (const reader of [...this.readers]) {
      reader.push({ type: "close" });
      reader.push(() => reader.stop());
    }
  }
}
