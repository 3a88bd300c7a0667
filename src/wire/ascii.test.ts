import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digits, writeDecimal } from "./ascii.js";

describe("decimals", () => {
  const boundaries = Array.from({ length: 11 }, (_, i) => 10 ** i).flatMap((n) => [n - 1, n, n + 1]);

  it.each(boundaries)("%i has as many digits as its text, and is written as its text", (n) => {
    expect(digits(n)).toBe(String(n).length);
    const target = Buffer.alloc(20, "x");
    expect(writeDecimal(target, 3, n)).toBe(3 + String(n).length);
    expect(target.toString()).toBe(`xxx${n}`.padEnd(20, "x"));
  });

  it("of up to five digits are each written as its text", () => {
    const target = Buffer.alloc(5);
    for (let n = 0; n < 20_000; n++) {
      expect(target.toString("latin1", 0, writeDecimal(target, 0, n))).toBe(String(n));
    }
  });

  it("are written as their text (property)", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (n) => {
        const target = Buffer.alloc(10);
        const end = writeDecimal(target, 0, n);
        expect(target.toString("latin1", 0, end)).toBe(String(n));
      }),
    );
  });
});
