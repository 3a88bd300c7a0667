import { Worker } from "node:worker_threads";

/** ms that one run may take; a hostile input that takes longer stops a client. */
const PATIENCE = 30_000;

/** Slots of the memory that both threads see. */
export const Slot = { Run: 0, Beats: 1, Idle: 2 } as const;

/** How the case at work is run again: with the number of the run behind it, where runs are counted. */
export interface Watched {
  readonly command: string;
  readonly counted: boolean;
}

/**
 * Watches the fuzzer from a thread of its own, since a program that goes in circles cannot tell: it prints how to see
 * the case again, and ends the process.
 */
export class Watchdog {
  private readonly state = new Int32Array(new SharedArrayBuffer(4 * Object.keys(Slot).length));
  private readonly worker: Worker;

  /** @param patience ms that one run may take; default 30,000 */
  constructor(patience = PATIENCE) {
    this.state[Slot.Idle] = 1;
    this.worker = new Worker(new URL("./watchdog-thread.js", import.meta.url), {
      workerData: { state: this.state, patience },
    });
    this.worker.unref();
  }

  /** Runs follow, of one entry or of a slice. */
  begin(watched: Watched): void {
    this.worker.postMessage(watched);
    this.run(0);
    this.state[Slot.Idle] = 0;
  }

  /** A run begins. */
  run(run: number): void {
    this.state[Slot.Run] = run;
    this.state[Slot.Beats]++;
  }

  /** Nothing runs until {@link begin}. */
  end(): void {
    this.state[Slot.Idle] = 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker.terminate();
  }
}
