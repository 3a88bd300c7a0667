const LIMIT = 256 * 1024;

/** The end of what a process printed, and whoever waits for a line of it. */
export class ProcessLog {
  #text = "";
  #unfinished = "";
  readonly #watchers = new Set<(line: string) => void>();

  /** Takes what the process printed. */
  append(chunk: string): void {
    this.#text += chunk;
    // Cut only now and then: cutting a long string for every line would cost more than the log is worth.
    if (this.#text.length > 2 * LIMIT) this.#text = this.#text.slice(-LIMIT);
    const lines = (this.#unfinished + chunk).split("\n");
    this.#unfinished = lines.pop()!.slice(-LIMIT);
    for (const line of lines) for (const watcher of [...this.#watchers]) watcher(line);
  }

  /** The last 256 KiB (characters). */
  get text(): string {
    return this.#text.slice(-LIMIT);
  }

  /**
   * Calls `onLine` with every complete line that is printed from now on, until it returns true or the returned function
   * is called.
   */
  watch(onLine: (line: string) => boolean): () => void {
    const watcher = (line: string): void => {
      if (onLine(line)) this.#watchers.delete(watcher);
    };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
