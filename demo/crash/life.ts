import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FINISH, type FromPublisher, type PublisherOrder } from "./protocol.js";

const PROGRAM = fileURLToPath(new URL("publisher.js", import.meta.url));
/** The last lines are where the reason stands. */
const KEPT_STDERR = 4000;

/** One life of the publisher: a process of its own, and all that it says until its end. */
export class Life {
  /** Resolves when the process is gone and everything that it has said has been heard; rejects when nobody had asked for its end. */
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  readonly #hear: (line: FromPublisher) => void;
  #asked = false;
  #rest = "";
  #stderr = "";

  constructor(order: PublisherOrder, hear: (line: FromPublisher) => void) {
    this.#hear = hear;
    this.#process = spawn(process.execPath, [PROGRAM, JSON.stringify(order)], { stdio: "pipe" });
    const { stdin, stdout, stderr } = this.#process;
    stdout?.setEncoding("utf8").on("data", (text: string) => this.#said(text));
    stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
    // Its end is told by `close`.
    stdin?.on("error", () => {});
    this.ended = new Promise((resolve, reject) => {
      this.#process.once("error", reject);
      this.#process.once("close", (code, signal) => {
        if (this.#asked && (signal === "SIGKILL" || code === 0)) return resolve();
        const how = signal === null ? `exit code ${code}` : signal;
        reject(new Error(`the publisher ended by itself (${how})\n${this.#stderr.trim()}`.trim()));
      });
    });
    // Whoever waits for it hears of it.
    this.ended.catch(() => {});
  }

  /** SIGKILL, in the middle of whatever it is doing. */
  kill(): Promise<void> {
    this.#asked = true;
    this.#process.kill("SIGKILL");
    return this.ended;
  }

  /** Lets it publish nothing more; it ends when its outbox is empty. */
  finish(): Promise<void> {
    this.#asked = true;
    this.#process.stdin?.write(FINISH);
    return this.ended;
  }

  #said(text: string): void {
    const lines = (this.#rest + text).split("\n");
    // What was cut off by its death was not said.
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#hear(JSON.parse(line) as FromPublisher);
  }
}
