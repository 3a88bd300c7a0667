import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import type { PolicyOptions } from "./options.js";
import { policy } from "./policy.js";

const FIRST = codedError("NO_RESPONDERS", "nobody");
const nobody = async () => {
  throw FIRST;
};
const never = () => new Promise<never>(() => {});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  vi.useRealTimers();
});

/** What became of a call, and after how many ms. */
function outcomeOf(call: () => Promise<unknown>, options: PolicyOptions) {
  const made = policy({ retry: false, ...options });
  const begun = performance.now();
  const seen: unknown[] = [];
  const note = (what: unknown) => seen.push(what, Math.round(performance.now() - begun));
  made.execute(call).then(note, note);
  return { made, seen };
}

describe("a fallback and totalTimeout", () => {
  it("it has what is left, then the call's own error is told; what comes later is ignored", async () => {
    const late: ((error: Error) => void)[] = [];
    const fallback = () => new Promise((_, reject) => late.push(reject));
    const { made, seen } = outcomeOf(nobody, { totalTimeout: 300, fallback });
    await vi.advanceTimersByTimeAsync(299);
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toEqual([FIRST, 300]);
    late[0](new Error("late"));
    await vi.advanceTimersByTimeAsync(0);
    expect(made.counts).toMatchObject({ calls: 1, failed: 1, fallbacks: 0 });
  });

  it("it has 100 ms where the tries have left less", async () => {
    const { seen } = outcomeOf(never, { totalTimeout: 300, fallback: never });
    await vi.advanceTimersByTimeAsync(399);
    expect(seen).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen).toEqual([expect.objectContaining({ code: "TIMEOUT" }), 400]);
    const soon = () => new Promise((resolve) => setTimeout(resolve, 90, "stale"));
    const other = outcomeOf(never, { totalTimeout: 300, fallback: soon });
    await vi.advanceTimersByTimeAsync(390);
    expect(other.seen).toEqual(["stale", 390]);
  });

  it("without totalTimeout it has all the time", async () => {
    const patient = () => new Promise((resolve) => setTimeout(resolve, 3_600_000, "stale"));
    const { seen } = outcomeOf(nobody, { fallback: patient });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(seen).toEqual(["stale", 3_600_000]);
  });
});
