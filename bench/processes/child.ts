import { type ChildProcess, fork } from "node:child_process";

/** The last lines are where the reason stands. */
const KEPT_STDERR = 4000;

/** What a child runs on. */
export interface With {
  /** The executable of another Node. */
  readonly path?: string | undefined;
  /** For Node itself. */
  readonly flags?: readonly string[];
}

/** A process of the benchmark with one job. One that ends before it is told to is a failure, with what it wrote to stderr. */
export class Child<Out extends { type: string }> {
  readonly #name: string;
  readonly #process: ChildProcess;
  /** Rejects when the process ends; never resolves. */
  readonly #ended: Promise<never>;
  readonly #exited: Promise<void>;
  #stderr = "";

  constructor(name: string, entry: URL, job: object, { path, flags = [] }: With = {}) {
    this.#name = name;
    this.#process = fork(entry, [JSON.stringify(job)], {
      stdio: ["pipe", "ignore", "pipe", "ipc"],
      execPath: path ?? process.execPath,
      execArgv: [...flags],
    });
    this.#process.stdin!.on("error", () => {}); // whoever misses the child hears of its end
    this.#process.stderr!.on("data", (text) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
    this.#exited = new Promise((resolve) => {
      this.#process.once("close", () => resolve());
    });
    this.#ended = new Promise((_resolve, reject) => {
      this.#process.once("error", reject);
      this.#process.once("close", (code, signal) => {
        reject(new Error(`the ${name} ended (${signal ?? `exit code ${code}`})\n${this.#stderr}`.trim()));
      });
    });
    this.#ended.catch(() => {}); // whoever waits for something from the child hears of it
  }

  /** Returns how to stop listening. */
  on<T extends Out["type"]>(type: T, listener: (message: Extract<Out, { type: T }>) => void): () => void {
    const heard = (message: Out) => {
      if (message.type === type) listener(message as Extract<Out, { type: T }>);
    };
    this.#process.on("message", heard);
    return () => this.#process.off("message", heard);
  }

  /** The next message of a type; rejects after `patience` ms, or when the child ends. */
  async next<T extends Out["type"]>(type: T, patience: number): Promise<Extract<Out, { type: T }>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const text = `the ${this.#name} did not say "${type}" within ${patience / 1000} s\n${this.#stderr}`;
      timer = setTimeout(() => reject(new Error(text.trim())), patience);
    });
    let deaf = () => {};
    const said = new Promise<Extract<Out, { type: T }>>((resolve) => {
      deaf = this.on(type, resolve);
    });
    try {
      return await Promise.race([said, this.#ended, late]);
    } finally {
      clearTimeout(timer);
      deaf();
    }
  }

  send(message: object): void {
    if (this.#process.connected) this.#process.send(message);
  }

  /** Lets a child go on that blocks in `untilReleased`. */
  release(): void {
    this.#process.stdin!.write("\n");
  }

  /** Resolves when the process has ended by itself; a profile is complete only then. */
  exited(): Promise<void> {
    return this.#exited;
  }

  /** Ends the process, whatever it is doing. */
  async stop(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#exited;
  }
}
