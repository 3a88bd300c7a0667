import { expect, it } from "vitest";
import { scaled, USUAL_MS } from "./work.js";

it("a shorter measurement does less of what goes by number, a longer one not more", () => {
  expect([USUAL_MS, USUAL_MS / 10, USUAL_MS * 10].map((ms) => scaled(1000, ms))).toEqual([1000, 100, 1000]);
  expect(scaled(1, 5)).toBe(1);
  expect(scaled(1000, 5, 50)).toBe(50);
});
