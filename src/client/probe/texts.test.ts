import { expect, it } from "vitest";
import { count, harmless, inMs } from "./texts.js";

it("what others have written is harmless and bounded", () => {
  expect(harmless("a\u001b[31m\r\nb\u202e\u2028c")).toBe("a?[31m??b??c");
  expect(harmless("x".repeat(512))).toHaveLength(512);
  const cut = harmless("x".repeat(100_000));
  expect(cut).toHaveLength(512);
  expect(cut.endsWith("…")).toBe(true);
  expect(harmless("abcdef", 4)).toBe("abc…");
});

it("figures are read by people", () => {
  expect([0.0437, 1.26, 12.4, 1200].map(inMs)).toEqual(["0.04 ms", "1.3 ms", "12 ms", "1200 ms"]);
  expect([count(1, "day"), count(0, "day"), count(2, "address", "addresses")]).toEqual([
    "1 day",
    "0 days",
    "2 addresses",
  ]);
});
