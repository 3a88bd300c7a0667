import { describe, expect, it } from "vitest";
import { inside, replace } from "./spoil.js";

class Example {
  readonly options = { interval: 5 };
  readonly unset: object | undefined;

  twice(value: number): number {
    return value * 2;
  }
}

describe("what a mutation reaches into", () => {
  it("is a field of the object, set or not, or a method of its class", () => {
    const one = new Example();
    expect(inside(one, "options")).toBe(one.options);
    expect(inside(one, "unset")).toBeUndefined();
    replace(one, "twice", (value: number) => value * 3);
    replace(one, "options", { interval: 0 });
    expect([one.twice(1), one.options.interval]).toEqual([3, 0]);
    expect(new Example().twice(1)).toBe(2);
  });

  it("is refused when it is not there (any more)", () => {
    const one = new Example();
    expect(() => inside(one, "option")).toThrow('Example has no "option"');
    expect(() => replace(one, "thrice", () => 0)).toThrow('Example has no "thrice"');
    expect(Object.keys(one)).not.toContain("thrice");
  });
});
