import { expect, it } from "vitest";
import { exactTimeOfDay, timeOfDay } from "./clock.js";

it("a time of day is UTC, with its date where that is another one", () => {
  const at = Date.parse("2026-11-22T23:59:58.007Z");
  expect(timeOfDay(at)).toBe("23:59:58Z");
  expect(timeOfDay(at, at + 1000)).toBe("23:59:58Z");
  expect(timeOfDay(at, at + 2000)).toBe("2026-11-22 23:59:58Z");
  expect(exactTimeOfDay(at)).toBe("23:59:58.007Z");
});
