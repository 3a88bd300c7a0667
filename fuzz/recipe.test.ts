import { describe, expect, it } from "vitest";
import { build } from "./recipe.js";

describe("a recipe", () => {
  it("makes what JSON has not", () => {
    expect(build({ a: { $: "NaN" }, b: [{ $: "bigint" }, { $: "undefined" }] })).toEqual({
      a: Number.NaN,
      b: [10n, undefined],
    });
    expect(Object.hasOwn(build(JSON.parse('{"__proto__":1}')) as object, "__proto__")).toBe(true);
    expect(() => (build({ a: { $: "getter" } }) as { a: unknown }).a).toThrow();
    expect(build({ $: "no such kind" })).toEqual({ $: "no such kind" });
  });
});
