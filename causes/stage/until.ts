import { setTimeout as sleep } from "node:timers/promises";
import { NotTold } from "../scenario.js";

const POLL_MS = 3;
/** Long enough for everything that servers and clients do by themselves in a scenario. */
export const PATIENCE = 20_000;

/** Resolves when the condition holds. Rejects with a {@link NotTold} after `timeout` ms, or with an error when `told` is false. */
export async function until(
  condition: () => boolean,
  what: string,
  { timeout = PATIENCE, told = false } = {},
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > deadline) {
      const text = `not within ${timeout} ms: ${what}`;
      throw told ? new NotTold(text) : new Error(text);
    }
    await sleep(POLL_MS);
  }
}
