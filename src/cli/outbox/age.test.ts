import { describe, expect, it } from "vitest";
import { parseAge } from "./age.js";

describe("an age on the command line", () => {
  it.each([
    ["250ms", 250],
    ["90s", 90_000],
    ["15m", 900_000],
    ["1.5h", 5_400_000],
    ["7d", 604_800_000],
    ["2w", 1_209_600_000],
    ["0s", 0],
    [" 1d ", 86_400_000],
  ])("%s is %i ms", (text, ms) => {
    expect(parseAge(text)).toBe(ms);
  });

  it.each(["", "7", "d", "-1d", "7 days", "7D", "1d12h", "1e3s", "NaNs", "Infinitys", "99999999d", "7d\n8d"])(
    "%j is none",
    (text) => {
      expect(parseAge(text)).toBeUndefined();
    },
  );
});
