import { expect, it } from "vitest";
import { BODIES, HEADS, idOf, isKey, keyOf } from "./keys.js";

const NUMBERS = [1, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER];

it("keys sort as their tables and numbers do, and give the numbers back", () => {
  const keys = [HEADS, BODIES].flatMap((table) => NUMBERS.map((id) => keyOf(table as 1 | 2, id)));
  expect([...keys].sort(Buffer.compare)).toEqual(keys);
  expect(keys.map(idOf)).toEqual([...NUMBERS, ...NUMBERS]);
  expect(keys.every(isKey)).toBe(true);
});

it.each([
  ["another table", Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 1])],
  ["number 0", Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 0])],
  ["a number that is not exact", Buffer.from([1, 0, 32, 0, 0, 0, 0, 0, 0])],
  ["a short one", Buffer.from([1, 0, 0])],
])("%s is no key", (_, key) => {
  expect(isKey(key)).toBe(false);
});
