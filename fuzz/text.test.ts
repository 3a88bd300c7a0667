import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold, shorten, unfold } from "./text.js";

describe("a long text", () => {
  it("is shown by its ends", () => {
    expect(shorten("short")).toBe("short");
    expect(shorten(`a${"b".repeat(5000)}c`)).toMatch(/^ab+ … 3002 characters … b+c$/);
  });
});

describe("a file of the corpus", () => {
  it("folds long texts and unfolds them (property)", () => {
    const text = fc
      .array(fc.tuple(fc.string(), fc.integer({ min: 1, max: 200 })))
      .map((parts) => parts.map(([one, n]) => one.repeat(n)).join(""));
    fc.assert(
      fc.property(fc.array(fc.oneof(text, fc.integer())), (value) => {
        expect(unfold(JSON.parse(JSON.stringify(fold({ value }))))).toEqual({ value });
      }),
    );
    expect(JSON.stringify(fold("a".repeat(100_000)))).toBe('{"$text":[["a",100000]]}');
  });
});
