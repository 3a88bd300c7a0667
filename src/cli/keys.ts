import { restoreAtEnd } from "./restore.js";

/** What comes of a terminal's keyboard in one go may be many keys, and an arrow is three characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape is what a terminal sends
const SEQUENCE = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.)|[\s\S]/gu;

/** Single keys of what a terminal has sent: `"q"`, `"\u0003"` for Ctrl-C, `"\u001b[A"` for an arrow. */
export function keysOf(text: string): string[] {
  return text.match(SEQUENCE) ?? [];
}

/** Reads single keys from standard input as long as it is a terminal; Ctrl-C is the signal that it always is. */
export class Keys implements Disposable {
  readonly #input: NodeJS.ReadStream;
  readonly #read: (text: string) => void;
  readonly #restored: () => void;

  /** @param pressed called for each key but Ctrl-C */
  constructor(pressed: (key: string) => void, input: NodeJS.ReadStream = process.stdin) {
    this.#input = input;
    this.#read = (text) => {
      for (const key of keysOf(text)) {
        if (key === "\u0003") process.kill(process.pid, "SIGINT");
        else pressed(key);
      }
    };
    input.setEncoding("utf8");
    input.setRawMode(true);
    this.#restored = restoreAtEnd(() => this.#cooked());
    input.on("data", this.#read);
    // A terminal that was closed has nothing more to say.
    input.on("error", () => {});
    input.resume();
  }

  [Symbol.dispose](): void {
    this.#restored();
    this.#input.off("data", this.#read);
    this.#cooked();
    this.#input.pause();
  }

  #cooked(): void {
    try {
      this.#input.setRawMode(false);
    } catch {
      // It is gone.
    }
  }
}
