import { afterEach, beforeEach, expect, vi } from "vitest";
import { codedError } from "../../../src/checks/coded-error.js";
import type { ErrorCode } from "../../../src/index.js";

/** An error as the client has it. */
export const coded = (code: ErrorCode, facts: object = {}) => Object.assign(codedError(code, code), facts);
export const nobody = () => coded("NO_RESPONDERS");
/** Waits of 100, 200, 400 ms, as they are. */
export const STEADY = { backoff: { jitter: 0 } };

/** Gives a test file time that stands still, and lets no test leave a timer or an unhandled rejection behind. */
export function usePolicyTime(): void {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  beforeEach(() => {
    vi.useFakeTimers();
    process.on("unhandledRejection", note);
  });
  afterEach(async () => {
    expect(vi.getTimerCount(), "timers left behind").toBe(0);
    vi.useRealTimers();
    await new Promise(setImmediate);
    process.off("unhandledRejection", note);
    expect(unhandled.splice(0)).toEqual([]);
  });
}

/** What is called: fails in turn with these, then answers. */
export function flaky(...errors: unknown[]) {
  const calls: number[] = [];
  const call = async ({ attempt }: { attempt: number }) => {
    calls.push(attempt);
    const error = errors.shift();
    if (error !== undefined) throw error;
    return "answer";
  };
  return { call, calls };
}

export function outcome(promise: Promise<unknown>): { now: () => string } {
  let is = "pending";
  promise.then(
    (value) => {
      is = String(value);
    },
    (error) => {
      is = error.code ?? error.message ?? String(error);
    },
  );
  return { now: () => is };
}

/** Lets everything settle that needs no time. */
export const settle = () => vi.advanceTimersByTimeAsync(0);
