import { constants } from "node:os";

/** A cleaning-up that takes longer than this is given up; the process has to end. */
const PATIENCE = 5000;

/**
 * Everything that must not outlive the demo: servers, children, the hidden cursor. It is closed in reverse order,
 * once, however the demo ends.
 */
export class Cleanup {
  readonly #closers: { name: string; close: () => unknown }[] = [];
  #done: Promise<void> | undefined;

  /** Registers something to be closed; the function returned takes it off again, when it was closed properly. */
  add(name: string, close: () => unknown): () => void {
    const entry = { name, close };
    this.#closers.push(entry);
    return () => {
      const index = this.#closers.indexOf(entry);
      if (index >= 0) this.#closers.splice(index, 1);
    };
  }

  /** Whether the end has begun; nothing new may be started then. */
  get begun(): boolean {
    return this.#done !== undefined;
  }

  /** Closes everything; a second call waits for the first. */
  run(): Promise<void> {
    this.#done ??= this.#close();
    return this.#done;
  }

  /** Ctrl-C, SIGTERM, a closed terminal, a bug of the demo itself: clean up, then end with the customary exit code. */
  guard(): void {
    // `on`, not `once`: log-update's way of restoring the cursor ends the process by the signal at once when nobody
    // else listens to it, and a listener that was called once does not count any more.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        void this.#endWith(128 + constants.signals[signal], `${signal}: servers and actors are stopped.`);
      });
    }
    const crash = (error: unknown) => {
      void this.#endWith(1, error instanceof Error ? (error.stack ?? error.message) : String(error));
    };
    process.on("uncaughtException", crash);
    process.on("unhandledRejection", crash);
    // The reader of a pipe went away (`npm run demo | head`): there is nobody left to show anything to.
    process.stdout.once("error", () => void this.#endWith(128 + constants.signals.SIGPIPE));
  }

  async #endWith(code: number, message?: string): Promise<void> {
    if (this.begun) return;
    const last = setTimeout(() => process.exit(code), PATIENCE);
    await this.run();
    clearTimeout(last);
    if (message !== undefined) process.stderr.write(`\n${message}\n`);
    process.exit(code);
  }

  async #close(): Promise<void> {
    for (const { name, close } of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        process.stderr.write(`could not clean up ${name}: ${String(error)}\n`);
      }
    }
  }
}
