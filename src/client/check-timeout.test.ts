import { describe, expect, it } from "vitest";
import { checkTimeout } from "./check-timeout.js";

describe("the timeout of a call", () => {
  it.each([1, 1.5, 10_000, 2 ** 40, Number.POSITIVE_INFINITY])("%d is taken", (value) => {
    expect(checkTimeout("timeout", value)).toBe(value);
  });

  it.each([
    0,
    0.5,
    -1,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    "5",
    null,
    undefined,
    {},
    5n,
    Symbol("s"),
    Object.create(null),
  ])("%o is refused with its name", (value) => {
    expect(() => checkTimeout("maxWait", value)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("maxWait") }),
    );
  });
});
