import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "./clock.js";

describe("a timer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("calls back in time, once", () => {
    const told: string[] = [];
    systemClock.setTimeout(() => told.push("now"), 100);
    vi.advanceTimersByTime(99);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(told).toEqual(["now"]);
  });

  it.each([Number.POSITIVE_INFINITY, 2 ** 31, 1e300])(
    "of %d ms does not fire at once, as Node's own would",
    (ms) => {
      const delays: (number | undefined)[] = [];
      vi.spyOn(globalThis, "setTimeout").mockImplementation(((_callback: () => void, delay?: number) => {
        delays.push(delay);
        return 0;
      }) as never);
      systemClock.setTimeout(() => {}, ms);
      vi.restoreAllMocks();
      expect(delays).toEqual([2 ** 31 - 1]);
    },
  );
});
