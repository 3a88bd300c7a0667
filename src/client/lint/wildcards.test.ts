import { describe, expect, it } from "vitest";
import { SubjectCache } from "../../wire/subject-cache.js";
import type { LintContext } from "./rule.js";
import { PUBLISHING } from "./rules/publishing.js";
import { publishedWildcards } from "./wildcards.js";

function found(...subjects: string[]): string[] {
  const cache = new SubjectCache();
  for (const subject of subjects) cache.get(subject);
  return publishedWildcards(cache.kept());
}

describe("wildcards among published subjects", () => {
  it.each(["*", ">", "a.*", "a.>", "*.a", "a.*.b", "a.>.b", "$KV.bucket.>"])("%s has one", (subject) => {
    expect(found("first", subject)).toEqual([subject]);
    expect(found(subject)).toEqual([subject]);
  });

  it.each([
    "a.b",
    "a*.b",
    "a.b*",
    "a.*b",
    "a.>b",
    "**",
    // The filter of a consumer is part of the call.
    "$JS.API.CONSUMER.CREATE.S.C.orders.*",
    "$JS.hub.API.CONSUMER.CREATE.S.C.orders.>",
    "hub.api.CONSUMER.CREATE.S.C.orders.>",
    "hub.api.CONSUMER.DURABLE.CREATE.S.>",
    "$JS.API.CONSUMER.MSG.NEXT.S.*",
  ])("%s has none", (subject) => {
    expect(found("first", subject)).toEqual([]);
  });
});

describe("the rule", () => {
  const [{ check }] = PUBLISHING;
  const told = (wildcards: string[]) =>
    check({ running: { servers: 1, secure: undefined, wildcards } } as unknown as LintContext);

  it("says nothing where there are none, or no connection", () => {
    expect(told([])).toBeUndefined();
    expect(check({ running: undefined } as unknown as LintContext)).toBeUndefined();
  });

  it("shows three of them, and how many more there are", () => {
    expect(told(["a.*", "b.>", "c.*"])?.message).toBe('wildcards were published to: "a.*", "b.>", "c.*"');
    expect(told(["a.*", "b.>", "c.*", "d.*", "e.*"])?.message).toMatch(/"c\.\*" and 2 more$/);
  });

  it("cuts long ones, and shows nothing that a terminal would obey", () => {
    expect(told([`${"x".repeat(5000)}.*`])?.message.length).toBeLessThan(110);
    expect(told(["a\u009b\u202e.*"])?.message).toContain('"a??.*"');
  });
});
