import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 2;

/**
 * Resolves when the condition holds; rejects after `timeout` ms with what was waited for. Tests wait with this for
 * what they want to see, never for a time in which it may have happened.
 */
export async function until(
  condition: () => boolean,
  what: string | (() => string),
  timeout = 10_000,
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeout} ms: ${typeof what === "string" ? what : what()}`);
    }
    await sleep(POLL_MS);
  }
}

/** The error that `promise` rejects with; fails when it resolves. */
export async function rejection<E extends Error = Error & { code: string }>(
  promise: Promise<unknown>,
): Promise<E> {
  try {
    await promise;
  } catch (error) {
    return error as E;
  }
  throw new Error("it should have been rejected");
}

/** The error that `action` throws; fails when it returns. */
export function thrown<E extends Error = Error & { code: string }>(action: () => unknown): E {
  try {
    action();
  } catch (error) {
    return error as E;
  }
  throw new Error("it should have thrown");
}
