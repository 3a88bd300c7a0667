import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Ended, Occasion } from "../scenario.js";
import type { Command, Report, Task } from "./distant-protocol.js";
import { until } from "./until.js";
import { watched } from "./watched.js";

const PROGRAM = fileURLToPath(new URL("./distant-process.js", import.meta.url));

/** A client in a process of its own, which can be made to stand still. */
export class DistantClient implements Disposable {
  readonly ends: Ended[] = [];
  readonly #process: ChildProcess;
  #ready = false;
  /** Whether the application sees to it that it stands still. */
  #blocking = false;
  #exit: number | null | undefined;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.on("message", (report: Report) => {
      if (report === "ready") this.#ready = true;
      else if (report === "blocking") this.#blocking = true;
      else this.ends.push(report);
    });
    process.once("exit", (code) => {
      this.#exit = code;
    });
  }

  /** Starts the process; what it does there is in the task. */
  static start(task: Task): DistantClient {
    return new DistantClient(watched(fork(PROGRAM, [JSON.stringify(task)])));
  }

  /** Resolves when its link stands, and its subscription. */
  async ready(): Promise<void> {
    await this.#until(() => this.#ready, "the client's link");
  }

  /** Has the application keep its event loop busy for so many ms; resolves when it has begun. */
  async block(ms: number): Promise<void> {
    this.#process.send({ block: ms } satisfies Command);
    await this.#until(() => this.#blocking, "the beginning of the stall");
  }

  /** SIGSTOP. */
  pause(): void {
    this.#process.kill("SIGSTOP");
  }

  /** SIGCONT. */
  resume(): void {
    this.#process.kill("SIGCONT");
  }

  /** The first end of this kind, once it is told. */
  async told(occasion: Occasion): Promise<Ended> {
    const found = () => this.ends.find((ended) => ended.occasion === occasion);
    await this.#until(() => found() !== undefined, `the event ${occasion}`, true);
    return found()!;
  }

  [Symbol.dispose](): void {
    this.#process.kill("SIGKILL");
  }

  async #until(condition: () => boolean, what: string, told = false): Promise<void> {
    await until(() => condition() || this.#exit !== undefined, what, { told });
    if (!condition()) throw new Error(`the client's process ended with ${this.#exit} before ${what}`);
  }
}
