import { now, sleep } from "./clock.js";

const LOOK_EVERY = 50;

/**
 * Resolves once a counter has stood still for `quiet` ms; false if that does not happen within `patience` ms. Rejects when the
 * signal is aborted meanwhile.
 */
export async function untilQuiet(
  counter: () => number,
  { quiet, patience, signal }: { quiet: number; patience: number; signal?: AbortSignal },
): Promise<boolean> {
  const until = now() + patience;
  let last = counter();
  let since = now();
  while (now() < until) {
    await sleep(LOOK_EVERY, signal);
    if (counter() !== last) {
      last = counter();
      since = now();
    } else if (now() - since >= quiet) return true;
  }
  return false;
}
