import { expect, it } from "vitest";
import { hasWildcard, isLiteralSubject, subjectMatches } from "./subjects.js";

it.each([
  ["a", true],
  ["a.b.c", true],
  ["a.*b", true],
  ["", false],
  [".", false],
  ["a..b", false],
  ["a.*", false],
  [">", false],
  ["a b", false],
  ["a\r\nPUB x", false],
  ["a\0", false],
  [7, false],
  [undefined, false],
])("%j can be published to: %s", (subject, can) => {
  expect(isLiteralSubject(subject)).toBe(can);
});

it.each([
  ["a.b", "a.b", true],
  ["a.b", "a.c", false],
  ["a.*", "a.b", true],
  ["a.*", "a.b.c", false],
  ["a.*", "a", false],
  ["a.>", "a.b.c", true],
  ["a.>", "a", false],
  [">", "a", true],
  ["a.b", "a", false],
  ["a", "a.b", false],
])("%s matches %s: %s", (pattern, subject, does) => {
  expect(subjectMatches(pattern, subject)).toBe(does);
});

it.each([
  ["a.b", false],
  ["a.*b.c>", false],
  ["*", true],
  ["a.*.b", true],
  ["a.>", true],
])("%s has a wildcard: %s", (subject, has) => {
  expect(hasWildcard(subject)).toBe(has);
});
