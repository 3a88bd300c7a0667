import type { Run } from "../figures.js";
import { OPERATIONS, type Operation } from "./operations.js";
import type { Perform } from "./stage.js";
import { type DoublingWork, scaled } from "./work.js";

/** How often an operation is done before it is measured. */
const WARM = 2;

/** The amounts in the order in which they are measured: neither of the two is always the later one. */
const COURSE = [1, 2, 2, 1, 1, 2] as const;

/** Does everything that Holdfast is asked to do many times over, and then twice as many times. */
export const doubling: Perform<DoublingWork> = async (_work, job) => {
  const run: Record<string, Run[string]> = {};
  for (const [name, { amount, prepare }] of OPERATIONS) {
    const operation = await prepare(job);
    const count = scaled(amount, job.ms);
    for (let i = 0; i < WARM; i++) await timed(operation, count);
    // The best of each: what the machine does meanwhile only adds, and it adds more to what takes longer.
    const best = { 1: Number.POSITIVE_INFINITY, 2: Number.POSITIVE_INFINITY };
    for (const factor of COURSE) {
      globalThis.gc?.();
      best[factor] = Math.min(best[factor], await timed(operation, count * factor));
    }
    run[name] = { doubling: best[2] / best[1], time: best[1] / 1000 };
  }
  return run;
};

async function timed(operation: Operation, count: number): Promise<number> {
  const act = await operation(count);
  const start = performance.now();
  await act();
  return performance.now() - start;
}
