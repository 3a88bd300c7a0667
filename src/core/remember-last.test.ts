import { describe, expect, it } from "vitest";
import { rememberLast } from "./remember-last.js";

describe("rememberLast", () => {
  it("makes the same once, and something else anew", () => {
    const make = rememberLast((a: unknown, b: unknown) => ({ a, b }));
    const one = make(1, undefined);
    expect(one).toEqual({ a: 1, b: undefined });
    expect(make(1, undefined)).toBe(one);
    const other = make(1, Number.NaN);
    expect(other).toEqual({ a: 1, b: Number.NaN });
    expect(make(1, Number.NaN)).toBe(other);
    expect(make(2, Number.NaN)).toEqual({ a: 2, b: Number.NaN });
    expect(make(1, undefined)).toEqual({ a: 1, b: undefined });
  });
});
