import { setTimeout as wait } from "node:timers/promises";

/**
 * Wall-clock milliseconds with sub-millisecond resolution, comparable between the processes of the demo:
 * send times are stamped in one process and compared with kill times that were taken in another.
 */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Resolves after `ms`, at once if that is negative; rejects when the signal is aborted meanwhile. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return wait(Math.max(0, ms), undefined, { signal });
}
