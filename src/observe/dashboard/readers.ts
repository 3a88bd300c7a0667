import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "./clock.js";
import { Reader } from "./reader.js";

/** Those who read one stream. */
export class Readers {
  private readonly clock: Clock;
  private readonly all = new Set<Reader>();
  private readonly onEmpty: () => void;

  /** @param onEmpty called when the last one has left */
  constructor(clock: Clock, onEmpty: () => void = () => {}) {
    this.clock = clock;
    this.onEmpty = onEmpty;
  }

  get count(): number {
    return this.all.size;
  }

  /** Begins to answer one more. */
  add(req: IncomingMessage, res: ServerResponse): Reader {
    const reader = new Reader(req, res, this.clock, (gone) => {
      if (this.all.delete(gone) && this.all.size === 0) this.onEmpty();
    });
    this.all.add(reader);
    return reader;
  }

  /** Writes an event to all of them. */
  write(frame: Buffer): void {
    for (const reader of this.all) reader.write(frame);
  }

  /** Greets all of them anew. */
  greet(frame: Buffer): void {
    for (const reader of this.all) reader.greet(frame);
  }

  /** Ends all streams at once. */
  end(): void {
    for (const reader of this.all) reader.end();
  }
}
