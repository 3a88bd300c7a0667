import { describe, expect, it } from "vitest";
import { age, count, countOf, size } from "./figures.js";

describe("figures of the command line", () => {
  it("counts", () => {
    expect([count(1_234_567), countOf(1, "message"), countOf(2000, "message")]).toEqual([
      "1,234,567",
      "1 message",
      "2,000 messages",
    ]);
  });

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [12_288, "12 KiB"],
    [3_565_158, "3.4 MiB"],
    [1_288_490_188, "1.2 GiB"],
    [5e15, "4547 TiB"],
  ])("%i bytes are %s", (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });

  it.each([
    [0, "0 ms"],
    [-5, "0 ms"],
    [850, "850 ms"],
    [59_999, "59 s"],
    [60_000, "1 m"],
    [3_599_000, "59 m 59 s"],
    [86_400_000, "1 d"],
    [273_600_000, "3 d 4 h"],
    [90_000_000_000, "1041 d 16 h"],
  ])("%i ms are %s", (ms, text) => {
    expect(age(ms)).toBe(text);
  });
});
