import { expect, it } from "vitest";
import { foreseen } from "./load.js";

it("where time ends it, the part that is done is that of the time", () => {
  expect(foreseen(0, 0, 4)).toBe(1);
  expect(foreseen(0, 1000, 4)).toBe(1);
  expect(100 / foreseen(100, 1000, 4)).toBe(0.25);
  expect(foreseen(100, 4000, 4)).toBe(100);
  expect(foreseen(100, 5000, 4)).toBe(100);
});
