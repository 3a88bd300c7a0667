import { now, sleep } from "./clock.js";
import type { FaultRun } from "./evidence.js";
import { carryOut } from "./faults.js";
import type { LinkBook } from "./link-book.js";
import { type Step, YOUNG_LINK } from "./schedule.js";
import type { Stage } from "./stage.js";
import { nameStep } from "./words.js";

/** How long a step waits for the client to be where the step wants it. */
const PATIENCE = 10_000;
const LOOK_EVERY = 2;
/** Links this old have the fault before behind them, what it held back included, and are no longer young to any client. */
const SETTLED = 1000;

/** Walks through a schedule: each step in its time, as soon as the client is where the step wants it. */
export class Conductor {
  readonly faults: FaultRun[] = [];
  readonly remarks: string[] = [];
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Resolves when the last fault is over, with the time by which the steps were late (they wait for clients). */
  async perform(steps: readonly Step[], startedAt: number): Promise<number> {
    let late = 0;
    for (const [index, step] of steps.entries()) {
      await sleep(startedAt + step.at + late - now(), this.#stage.signal);
      const absent = await this.#awaitClients(step);
      if (absent !== undefined) {
        this.#remark(
          `skipped "${nameStep(step)}": the ${absent} was without a link for ${PATIENCE / 1000} s`,
        );
        continue;
      }
      late = Math.max(late, now() - startedAt - step.at);
      this.#stage.step = index;
      this.faults.push({ step: index, at: now() });
      await carryOut(this.#stage, step);
    }
    return late;
  }

  /**
   * Waits until both clients have a settled link, so that what is told and measured from now on belongs to this step; a
   * young link of the publisher is taken young. Says who has not come.
   */
  async #awaitClients(step: Step): Promise<"publisher" | "subscriber" | undefined> {
    const { publisher, subscriber } = this.#stage.cast;
    const until = now() + PATIENCE;
    const wanted = step.young ? YOUNG_LINK : SETTLED;
    const ready = ({ since }: LinkBook, age: number) => since !== undefined && now() - since >= age;
    for (;;) {
      const publisherIsReady = ready(publisher, wanted);
      if (publisherIsReady && ready(subscriber, wanted)) return undefined;
      if (now() > until) return publisherIsReady ? "subscriber" : "publisher";
      await sleep(LOOK_EVERY, this.#stage.signal);
    }
  }

  #remark(text: string): void {
    this.remarks.push(text);
    this.#stage.note(text);
  }
}
