import { describe, expect, it } from "vitest";
import { thrown } from "../../../test/support/until.js";
import { retryDelays } from "./retry-delays.js";

describe("retryDelays", () => {
  it("doubles from 100 ms up to 10 s, within 20 % of it", () => {
    const middle = retryDelays(undefined, () => 0.5);
    expect([1, 2, 3, 7, 8, 50, 5000].map(middle)).toEqual([100, 200, 400, 6400, 10_000, 10_000, 10_000]);
    expect([1, 2, 50].map(retryDelays(undefined, () => 0))).toEqual([80, 160, 8000]);
    const longest = retryDelays(undefined, () => 1 - Number.EPSILON);
    expect([1, 2, 50].map(longest)).toEqual([120, 240, 10_000]);
  });

  it("takes all four options", () => {
    const delay = retryDelays({ initial: 10, max: 50, factor: 3, jitter: 0 });
    expect([1, 2, 3, 4].map(delay)).toEqual([10, 30, 50, 50]);
    expect(retryDelays({ initial: 0 })(3)).toBe(0);
  });

  it.each<[unknown, string]>([
    [{ initial: -1 }, "backoff.initial"],
    [{ max: Number.POSITIVE_INFINITY }, "backoff.max"],
    [{ factor: 0.5 }, "backoff.factor"],
    [{ jitter: 2 }, "backoff.jitter"],
    [{ inital: 1 }, "backoff.inital"],
    [7, "backoff"],
  ])("refuses %o", (given, option) => {
    expect(thrown(() => retryDelays(given as never))).toMatchObject({ code: "INVALID_OPTION", option });
  });
});
