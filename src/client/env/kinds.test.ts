import { describe, expect, it } from "vitest";
import {
  choice,
  choiceOr,
  count,
  duration,
  factor,
  flag,
  flagOr,
  headers,
  list,
  size,
  unlimitedOr,
} from "./kinds.js";

const NO_LIMIT = Number.POSITIVE_INFINITY;

describe("what a variable may say", () => {
  it.each([
    ["500", 500],
    ["500ms", 500],
    ["500 ms", 500],
    [" 2s ", 2000],
    ["1.5S", 1500],
    ["1m", 60_000],
    ["1h", 3_600_000],
    ["0", 0],
    ["-1", -1],
    ["+5", 5],
    ["2 seconds", undefined],
    ["2d", undefined],
    ["1s500ms", undefined],
    ["s", undefined],
    ["", undefined],
    ["0x10", undefined],
    ["1e3", undefined],
    ["1,5s", undefined],
    ["NaN", undefined],
    ["Infinity", undefined],
    ["9".repeat(16), undefined],
    [`1${" ".repeat(50_000)}x`, undefined],
  ])("a duration: %j", (given, ms) => {
    expect(duration.parse(given)).toBe(ms);
  });

  it.each([
    ["1024", 1024],
    ["512KiB", 512 * 1024],
    ["8MiB", 8 * 1024 * 1024],
    ["8 mib", 8 * 1024 * 1024],
    ["10MB", 10_000_000],
    ["10KB", 10_000],
    ["1GiB", 1024 ** 3],
    ["5B", 5],
    ["1.5KiB", 1536],
    ["1.0001KB", 1000],
    ["-1", -1],
    ["8M", undefined],
    ["MiB", undefined],
    ["eight", undefined],
  ])("a size: %j", (given, bytes) => {
    expect(size.parse(given)).toBe(bytes);
  });

  it.each([
    ...["true", "TRUE", "yes", "on", "1", " on "].map((given) => [given, true] as const),
    ...["false", "False", "no", "off", "0"].map((given) => [given, false] as const),
    ...["", "y", "t", "2", "enabled", "constructor", "__proto__"].map((given) => [given, undefined] as const),
  ])("true or false: %j", (given, value) => {
    expect(flag.parse(given)).toBe(value);
  });

  it("numbers, with no limit or not", () => {
    expect(["-1", " 7 ", "1.5", "1e3", "", "seven"].map(count.parse)).toEqual([
      -1,
      7,
      ...Array(4).fill(undefined),
    ]);
    expect(["2", "0.5", "-1", "."].map(factor.parse)).toEqual([2, 0.5, undefined, undefined]);
    const limit = unlimitedOr(size);
    expect(["unlimited", "-1", "1KiB", "none"].map(limit.parse)).toEqual([
      NO_LIMIT,
      NO_LIMIT,
      1024,
      undefined,
    ]);
  });

  it("one of some words, or something else", () => {
    const policy = choice("reject", "drop-oldest");
    expect(["reject", "DROP-OLDEST", "drop"].map(policy.parse)).toEqual(["reject", "drop-oldest", undefined]);
    expect(policy.allowed).toBe('must be "reject" or "drop-oldest"');
    const jitter = choiceOr(factor, "spread", "full");
    expect(["full", "0.2", "some"].map(jitter.parse)).toEqual(["full", 0.2, undefined]);
    expect(jitter.allowed).toBe('must be "spread" or "full", or a number such as 2 or 0.5');
    const keepAlive = flagOr(duration);
    expect(["true", "off", "10s", "1", "ten"].map(keepAlive.parse)).toEqual([
      true,
      false,
      10_000,
      1,
      undefined,
    ]);
  });

  it("a list, and headers", () => {
    expect(list.parse(" a, b:1 ,,c ")).toEqual(["a", "b:1", "c"]);
    expect(headers.parse("Authorization=Bearer%20a%2Cb, X-Team = orders")).toEqual({
      Authorization: "Bearer a,b",
      "X-Team": "orders",
    });
    expect(headers.parse("X=a=b")).toEqual({ X: "a=b" });
    for (const wrong of ["Authorization", "=x", "X=%zz"]) expect(headers.parse(wrong)).toBeUndefined();
    expect(Object.getPrototypeOf(headers.parse("__proto__=x")!)).toBe(Object.prototype);
  });
});
