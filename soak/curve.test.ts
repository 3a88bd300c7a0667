import { expect, it } from "vitest";
import { columns, sparkline } from "./curve.js";

it("a sparkline goes from the least to the greatest", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline([5, 5, 5])).toBe("▁▁▁");
  expect(sparkline([3, 1, 2])).toBe("█▁▅");
  expect(sparkline([])).toBe("");
});

it("columns stand on their axis, with the values at the side", () => {
  expect(columns([0, 10, 20, 15], 2, (value) => `${value} B`)).toEqual([
    "20 B ┤  █▄",
    "10 B ┤ ███",
    " 0 B └────",
  ]);
  expect(columns([7, 7], 1, String)).toEqual(["8 ┤", "7 └──"]);
});
