import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { RULES } from "../src/client/lint/rules/rules.js";
import type { PatternKind } from "../src/index.js";

const headings = (page: string): string[] =>
  [...readFileSync(new URL(`../docs/${page}`, import.meta.url), "utf8").matchAll(/^### (.+)$/gm)].map(
    ([, title]) => title,
  );

const KINDS: Record<PatternKind, true> = {
  interval: true,
  "same-minute": true,
  "after-large-message": true,
  "same-server": true,
  together: true,
  "after-stall": true,
  flapping: true,
  authentication: true,
  "failing-server": true,
  dns: true,
  "slower-reconnects": true,
  "removed-alone": true,
};

it("every rule has a chapter in docs/lint.md, where its findings point to, and nothing else has [X2]", () => {
  expect(headings("lint.md").toSorted()).toEqual(
    [...RULES.map(({ name }) => name), "invalid-option"].toSorted(),
  );
});

it("every pattern has one in docs/diagnose.md [X1]", () => {
  expect(headings("diagnose.md").toSorted()).toEqual(Object.keys(KINDS).toSorted());
});
