import { Worker } from "node:worker_threads";
import type { Aim } from "./protocol.js";

/** What the killing thread is given. */
export interface Trigger {
  readonly shared: SharedArrayBuffer;
  readonly micros: number;
}

/** Kills this process at the instant that it is aimed at. */
export class Aimed {
  readonly #aim: Aim | undefined;
  readonly #flag: Int32Array;
  #seen = 0;

  private constructor(aim: Aim | undefined, shared: SharedArrayBuffer) {
    this.#aim = aim;
    this.#flag = new Int32Array(shared);
  }

  /** Resolves when the thread waits for its word. */
  static async at(aim: Aim | undefined): Promise<Aimed> {
    const shared = new SharedArrayBuffer(4);
    if (aim !== undefined) {
      const trigger: Trigger = { shared, micros: aim.micros };
      const thread = new Worker(new URL("actors/killer.js", import.meta.url), { workerData: trigger });
      thread.unref();
      await new Promise((resolve) => thread.once("online", resolve));
    }
    return new Aimed(aim, shared);
  }

  /** This happens now. */
  reached(at: Aim["at"]): void {
    if (this.#aim?.at !== at || ++this.#seen !== this.#aim.nth) return;
    Atomics.store(this.#flag, 0, 1);
    Atomics.notify(this.#flag, 0);
  }
}
