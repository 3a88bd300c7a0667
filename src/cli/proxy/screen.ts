import { exactTimeOfDay } from "../clock.js";
import { cut } from "../cut.js";

/** Lines with their time (UTC), and on a terminal a last line that says how it is, in place. */
export class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #now: () => Date;
  #status = "";

  constructor(stream: NodeJS.WriteStream, now = () => new Date()) {
    this.#stream = stream;
    this.#now = now;
  }

  line(text: string): void {
    this.#write(`${this.#clear()}${exactTimeOfDay(this.#now().getTime())}  ${text}\n${this.#status}`);
  }

  /** Only on a terminal. */
  status(text: string): void {
    if (!this.#stream.isTTY || process.env.TERM === "dumb") return;
    const status = cut(text, (this.#stream.columns || 80) - 1);
    if (status === this.#status) return;
    const clear = this.#clear();
    this.#status = status;
    this.#write(`${clear}${status}`);
  }

  /** The line in place goes. */
  end(): void {
    this.#write(this.#clear());
    this.#status = "";
  }

  #clear(): string {
    return this.#status === "" ? "" : "\r\u001b[2K";
  }

  #write(text: string): void {
    if (text !== "") this.#stream.write(text);
  }
}
