import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkTimeout } from "./check-timeout.js";
import { startTimer as callAfter } from "./start-timer.js";

describe("the timeout of a call", () => {
  it.each([1, 1.5, 10_000, 2 ** 40, Number.POSITIVE_INFINITY])("%d is taken", (value) => {
    expect(checkTimeout("timeout", value)).toBe(value);
  });

  it.each([
    0,
    0.5,
    -1,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    "5",
    null,
    undefined,
    {},
    5n,
    Symbol("s"),
    Object.create(null),
  ])("%o is refused with its name", (value) => {
    expect(() => checkTimeout("maxWait", value)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("maxWait") }),
    );
  });
});

describe("a timer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("calls back in time, once", () => {
    const told: string[] = [];
    callAfter(100, () => told.push("now"));
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
      callAfter(ms, () => {});
      vi.restoreAllMocks();
      expect(delays).toEqual([2 ** 31 - 1]);
    },
  );
});
