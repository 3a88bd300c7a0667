import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectStore } from "@nats-io/obj";
import { Workload } from "./workload.js";

const CHUNK = 128 * 1024;
const PAUSE_MS = 10;

/** Puts objects and gets them back, one after the other; slowly, so that a fault comes in the middle of one. */
export class Objects extends Workload {
  /** Chunks that were taken by a `put()`. */
  progress = 0;
  /** Objects that were put, and came back whole. */
  rounds = 0;
  private readonly store: ObjectStore;
  private readonly size: number;

  /** @param size bytes of an object */
  constructor(store: ObjectStore, size: number) {
    super("objects");
    this.store = store;
    this.size = size;
  }

  protected async run(): Promise<void> {
    for (; !this.stopped; this.rounds++) {
      const name = `object-${this.rounds % 2}`;
      const content = randomBytes(this.size);
      const info = await this.again(() => this.store.put({ name }, this.slowly(content)));
      const back = await this.again(() => this.store.getBlob(name));
      const whole = back !== null && hash(back) === hash(content);
      if (info.size !== content.length || !whole) this.wrong.push(`object ${this.rounds} is not whole`);
    }
  }

  private slowly(content: Buffer): ReadableStream<Uint8Array> {
    let at = 0;
    return new ReadableStream({
      pull: async (controller) => {
        if (at >= content.length) return controller.close();
        await sleep(PAUSE_MS);
        controller.enqueue(content.subarray(at, at + CHUNK));
        at += CHUNK;
        this.progress++;
      },
    });
  }
}

const hash = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
