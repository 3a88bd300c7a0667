import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** The last lines are where the reason stands. */
const KEPT_STDERR = 4000;

/**
 * One actor in a process of its own, as real services are. An actor that ends before it is told to is a failure of
 * the run, with whatever it wrote to its standard error.
 */
export class Child<In, Out extends { type: string }> {
  readonly name: string;
  /** Rejects when the process ends, asked or not; never resolves. */
  readonly ended: Promise<never>;
  readonly #process: ChildProcess;
  readonly #listeners = new Set<(message: Out) => void>();
  #stderr = "";
  #stopping = false;

  /** @param flags for node and V8; default none */
  constructor(name: string, entry: URL, flags: string[] = []) {
    this.name = name;
    this.#process = fork(entry, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // Structured clone: bitmaps and samples travel as they are.
      serialization: "advanced",
      execArgv: flags,
    });
    const keep = (text: Buffer) => {
      this.#stderr = (this.#stderr + text.toString()).slice(-KEPT_STDERR);
    };
    this.#process.stdout?.on("data", keep);
    this.#process.stderr?.on("data", keep);
    this.#process.on("message", (message) => {
      for (const listener of this.#listeners) listener(message as Out);
    });
    this.ended = new Promise((_resolve, reject) => {
      this.#process.once("error", reject);
      this.#process.once("close", (code, signal) => {
        if (this.#stopping) return reject(new Error(`the ${name} was stopped`));
        const how = signal === null ? `exit code ${code}` : signal;
        reject(new Error(`the ${name} process ended (${how})\n${this.#stderr.trim()}`.trim()));
      });
    });
    // Whoever waits for something from the child hears of it.
    this.ended.catch(() => {});
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Sends a signal to the process. */
  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  send(message: In): void {
    if (this.#process.connected) this.#process.send(message as object);
  }

  on(listener: (message: Out) => void): void {
    this.#listeners.add(listener);
  }

  /** The next message of a type; rejects after `patience` milliseconds, or when the child ends. */
  async next<T extends Out["type"]>(type: T, patience: number): Promise<Extract<Out, { type: T }>> {
    let timer: NodeJS.Timeout | undefined;
    let listener: ((message: Out) => void) | undefined;
    const message = new Promise<Extract<Out, { type: T }>>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`the ${this.name} did not answer with "${type}" within ${patience / 1000} s`));
      }, patience);
      listener = (candidate) => {
        if (candidate.type === type) resolve(candidate as Extract<Out, { type: T }>);
      };
      this.#listeners.add(listener);
    });
    try {
      return await Promise.race([message, this.ended]);
    } finally {
      clearTimeout(timer);
      if (listener) this.#listeners.delete(listener);
    }
  }

  /** Ends the process, whatever it is doing. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }
}
