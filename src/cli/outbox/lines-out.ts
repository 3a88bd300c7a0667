import type { Writable } from "node:stream";

/** Lines to a stream that others have, such as standard output, as fast as its reader takes them. Its reader may go away (`| head`): that is no error. */
export class LinesOut {
  readonly #stream: Writable;
  #gone = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #drained = () => this.#wake?.();
  readonly #closed = () => {
    this.#gone = true;
    this.#wake?.();
  };
  readonly #failed = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") this.#failure ??= error;
    this.#closed();
  };

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on("drain", this.#drained);
    stream.on("close", this.#closed);
    // It stays: that the reader is gone may be told after the last line.
    stream.on("error", this.#failed);
  }

  /** Resolves when the next one may come; false: nobody wants more. Rejects with the stream's error. One call at a time. */
  async write(line: string): Promise<boolean> {
    if (!this.#gone && !this.#stream.write(line)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    this.finish();
    return !this.#gone;
  }

  /** @throws the stream's error, if it had one */
  finish(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  abandon(): void {
    this.#stream.off("drain", this.#drained);
    this.#stream.off("close", this.#closed);
  }
}
