/** One line on standard error that says what is being measured; nothing when nobody is looking. */
export class Progress {
  readonly #shown = process.stderr.isTTY === true;

  show(text: string): void {
    if (this.#shown) process.stderr.write(`\r\x1b[K${text}`);
  }

  clear(): void {
    this.show("");
  }
}
