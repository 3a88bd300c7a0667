import { describe, expect, it } from "vitest";
import { RULES } from "../src/client/lint/rules/rules.js";
import { type ConnectionOptions, lint } from "../src/index.js";
import { BEHAVIOUR_CASES } from "./support/lint-cases/behaviour.js";
import { AROUND, type Cases, SOUND } from "./support/lint-cases/case.js";
import { LINK_CASES } from "./support/lint-cases/link.js";

const CASES: Cases = { ...LINK_CASES, ...BEHAVIOUR_CASES };

const given = (options: ConnectionOptions): ConnectionOptions => ({ ...SOUND, ...options });

it("every rule is in the table, and nothing else", () => {
  expect(Object.keys(CASES).toSorted()).toEqual(RULES.map(({ name }) => name).toSorted());
});

describe.each(Object.entries(CASES))("%s", (rule, { red, green }) => {
  it.each(red)("finds $options", ({ options, around, level, option, says }) => {
    const found = lint(given(options), { ...AROUND, ...around });
    const mine = found.filter((finding) => finding.rule === rule);
    expect(mine).toHaveLength(1);
    expect(mine[0]).toMatchObject({ level, option, docs: `docs/lint.md#${rule}` });
    expect(mine[0].message).toMatch(says);
    expect(mine[0].why).not.toBe("");
    expect(mine[0].advice.length).toBeGreaterThan(0);
    expect(found.filter((finding) => finding.rule === "invalid-option")).toEqual([]);
    expect(JSON.stringify(found)).not.toContain("s3cret");
  });

  it.each(green)("lets %o pass", (options) => {
    const rules = lint(given(options), AROUND).map((finding) => finding.rule);
    expect(rules).not.toContain(rule);
    expect(rules).not.toContain("invalid-option");
  });
});
