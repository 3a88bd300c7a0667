import { describe, expect, it } from "vitest";
import { isPartlyDenied, permits } from "./permissions.js";
import { covers, isLiteralSubject, isValidSubject, overlaps } from "./subject.js";

describe("subjects", () => {
  it.each([
    ["a.b", "a.b", true],
    ["a.*", "a.b", true],
    ["a.*", "a.b.c", false],
    ["a.*", "a", false],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    [">", "a", true],
    ["*.*", "a.>", true],
    ["a", "b", false],
  ])("%s covers %s: %s", (pattern, subject, expected) => {
    expect(covers(pattern, subject)).toBe(expected);
  });

  it.each([
    ["a.*", "*.b", true],
    ["a.>", "a.b.c", true],
    ["a.b", "a.c", false],
    ["a.*", "a.b.c", false],
    [">", "x", true],
  ])("%s and %s overlap: %s", (a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
    expect(overlaps(b, a)).toBe(expected);
  });

  it("know which may be subscribed, and which published to", () => {
    for (const subject of ["a", "a.b", "a.*", ">", "a.>", "a*", "a>b"])
      expect(isValidSubject(subject)).toBe(true);
    for (const subject of ["", ".", "a.", ".a", "a..b", "a.>.b"]) expect(isValidSubject(subject)).toBe(false);
    for (const subject of ["a", "a.b", "a*", "a.b>"]) expect(isLiteralSubject(subject)).toBe(true);
    for (const subject of ["", "a.*", ">", "a..b", "a."]) expect(isLiteralSubject(subject)).toBe(false);
  });
});

describe("permissions", () => {
  it("permit what is allowed and not denied", () => {
    expect(permits(undefined, "a")).toBe(true);
    expect(permits({}, "a")).toBe(true);
    expect(permits({ allow: ["a.*"] }, "a.b")).toBe(true);
    expect(permits({ allow: ["a.*"] }, "b")).toBe(false);
    expect(permits({ allow: ["a.*"], deny: ["a.b"] }, "a.b")).toBe(false);
    expect(permits({ deny: ["a.b"] }, "a.*")).toBe(true);
    expect(isPartlyDenied({ deny: ["a.b"] }, "a.*")).toBe(true);
    expect(isPartlyDenied({ deny: ["a.b"] }, "b.*")).toBe(false);
  });
});
