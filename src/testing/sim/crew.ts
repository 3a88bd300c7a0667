import { Worker } from "node:worker_threads";
import { type Batch, runBatch, type Task } from "./batch.js";

/** Those who run the seeds of a campaign. */
export interface Crew {
  /** How many tasks it does at a time. */
  readonly size: number;
  /** Does a task; rejects when whoever did it has died. */
  run(task: Task): Promise<Batch>;
  /** Lets go of everything, also of tasks under way. */
  close(): Promise<void>;
}

/** A crew in this thread: for a test, which cannot load a thread of its own from TypeScript. */
export const HERE: Crew = {
  size: 1,
  run: runBatch,
  close: async () => {},
};

/** Young objects of a run, MiB: with less room they are copied again and again before they die. */
const YOUNG_MB = 96;

/** A thread and who waits for what it does. */
interface Hand {
  readonly worker: Worker;
  done: ((batch: Batch) => void) | undefined;
  failed: ((error: Error) => void) | undefined;
}

/** Threads, each with an engine of its own: nothing is shared, so a seed goes the same way in each. */
export class Threads implements Crew {
  readonly size: number;
  private readonly hands: readonly Hand[];

  /** @param size how many threads */
  constructor(size: number) {
    this.size = size;
    this.hands = Array.from({ length: size }, hire);
  }

  run(task: Task): Promise<Batch> {
    const hand = this.hands.find(({ done }) => done === undefined);
    if (hand === undefined) throw new RangeError("every thread is at work");
    return new Promise((resolve, reject) => {
      hand.done = resolve;
      hand.failed = reject;
      hand.worker.postMessage(task);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.hands.map(({ worker }) => worker.terminate()));
  }
}

function hire(): Hand {
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG_MB };
  const worker = new Worker(new URL("./thread.js", import.meta.url), { resourceLimits });
  const hand: Hand = { worker, done: undefined, failed: undefined };
  worker.on("message", (batch: Batch) => {
    const { done } = hand;
    hand.done = undefined;
    done?.(batch);
  });
  worker.on("error", (error) => hand.failed?.(error));
  worker.on("exit", (code) => hand.failed?.(new Error(`a thread has ended with ${code}`)));
  return hand;
}
