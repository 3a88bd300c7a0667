import { restoreAtEnd } from "../restore.js";

/** Clears a line before it is written: behind a full one that would take its last character. */
const LINE = "\u001b[2K";
/** Clears what is below. */
const BELOW = "\u001b[J";

/** The alternate screen of a terminal: what was there before is there again when it is left, however the process ends. */
export class FullScreen implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #left: () => void;
  #inside = true;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // The alternate screen, without a cursor, and without line wrap.
    stream.write("\u001b[?1049h\u001b[?25l\u001b[?7l");
    this.#left = restoreAtEnd(() => this[Symbol.dispose]());
  }

  get columns(): number {
    return this.#stream.columns || 80;
  }

  get rows(): number {
    return this.#stream.rows || 24;
  }

  /** Puts lines over what was there; nothing flickers. */
  draw(lines: readonly string[]): void {
    if (!this.#inside) return;
    const text = lines
      .slice(0, this.rows)
      .map((line) => `${LINE}${line}`)
      .join("\r\n");
    this.#stream.write(`\u001b[H${text}${BELOW}`);
  }

  [Symbol.dispose](): void {
    if (!this.#inside) return;
    this.#inside = false;
    this.#left();
    this.#stream.write("\u001b[?7h\u001b[?25h\u001b[?1049l");
  }
}
