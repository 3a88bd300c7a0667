import { describe, expect, it } from "vitest";
import { subjectFilter, wrongFilter } from "./subject-filter.js";

describe("a filter for subjects", () => {
  it.each([
    ["a.b", "a.b", true],
    ["a.b", "a.c", false],
    ["a.b", "a", false],
    ["a.b", "a.b.c", false],
    ["a.*", "a.b", true],
    ["a.*", "a", false],
    ["*.b", "a.b", true],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    ["a.>", "b.c", false],
    [">", "anything.at.all", true],
    ["*.>", "a", false],
  ])("%s matches %s: %s", (filter, subject, matches) => {
    expect(subjectFilter(filter)(subject)).toBe(matches);
  });

  it("lets everything through when there is none", () => {
    expect(subjectFilter(undefined)("a")).toBe(true);
  });

  it.each(["", "a..b", ".a", "a.", "a.>.b", "a b", "a\nb", 5, null, {}])("%j is none", (value) => {
    expect(wrongFilter(value)).toContain("must be a subject");
  });

  it.each(["a", "a.*.b", ">", "a.>"])("%s is one", (value) => {
    expect(wrongFilter(value)).toBeUndefined();
  });
});
