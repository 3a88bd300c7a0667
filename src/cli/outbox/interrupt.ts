/** Ctrl-C, or SIGTERM, while a command works: it ends what it has begun, and then itself. A second one ends it at once. */
export class Interrupt {
  readonly #abort = new AbortController();
  readonly #heard = (signal: NodeJS.Signals) => {
    if (this.#abort.signal.aborted) process.exit(this.code);
    this.code = signal === "SIGINT" ? 130 : 143;
    this.#abort.abort();
  };
  /** What the process is to end with. */
  code = 130;

  constructor() {
    process.on("SIGINT", this.#heard);
    process.on("SIGTERM", this.#heard);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get heard(): boolean {
    return this.#abort.signal.aborted;
  }

  /** The command is over: signals end the process again by themselves. */
  done(): void {
    process.off("SIGINT", this.#heard);
    process.off("SIGTERM", this.#heard);
  }
}
