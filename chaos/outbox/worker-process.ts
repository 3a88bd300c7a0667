import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { FromWorker, Order } from "./protocol.js";

const WORKER = fileURLToPath(new URL("actors/worker.js", import.meta.url));
/** The last lines are where the reason stands. */
const KEPT_STDERR = 4_000;
/** Of `ulimit -f`, bytes. */
const BLOCK = 512;

/** How a process has ended. */
export interface End {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly stderr: string;
}

/** A process with an outbox: it is started ahead of its time, since loading its code takes longer than what it does. */
export class WorkerProcess {
  readonly ready: Promise<void>;
  readonly ended: Promise<End>;
  /** Resolves when it has nothing left to send; never, when it publishes. */
  readonly idle: Promise<void>;
  readonly #process: ChildProcess;
  #stderr = "";

  /** @param fileSize bytes that no file of it may exceed: its disk is full then */
  constructor(fileSize?: number) {
    const limit = fileSize === undefined ? "" : `ulimit -f ${Math.ceil(fileSize / BLOCK)} && `;
    this.#process = spawn("sh", ["-c", `${limit}exec "$0" "$1"`, process.execPath, WORKER], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      serialization: "advanced",
    });
    this.#process.stderr!.on("data", (text) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
    const heard = (type: FromWorker["type"]) =>
      new Promise<void>((resolve) => {
        this.#process.on("message", (message: FromWorker) => {
          if (message.type === type) resolve();
        });
      });
    this.idle = heard("idle");
    this.ended = new Promise((resolve) => {
      this.#process.once("close", (code, signal) => resolve({ code, signal, stderr: this.#stderr.trim() }));
    });
    this.ready = Promise.race([
      heard("ready"),
      this.ended.then(({ stderr }) => {
        throw new Error(`a process could not be started\n${stderr}`);
      }),
    ]);
    this.ready.catch(() => {}); // whoever waits for it hears of it
  }

  order(order: Order): void {
    this.#process.send(order);
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  /** Ends it, whatever it is doing. */
  async stop(): Promise<void> {
    this.kill();
    await this.ended;
  }
}
