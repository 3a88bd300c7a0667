import { expect, it } from "vitest";
import { Gaps, NOTABLE } from "./gaps.js";

it("keeps pauses that are worth it, and not those that were wanted", () => {
  const gaps = new Gaps();
  for (const at of [1000, 1001, 1001 + NOTABLE, 1020]) gaps.note(at);
  expect(gaps.take()).toEqual([
    { at: 1001 + NOTABLE, ms: NOTABLE },
    { at: 1020, ms: 1020 - 1001 - NOTABLE },
  ]);
  gaps.restart();
  for (const at of [5000, 5001]) gaps.note(at);
  expect(gaps.take()).toEqual([]);
});
