import { expect, it } from "vitest";
import { ADVISORIES, INCOMPATIBILITIES, isAffected, isOlder, parseVersion } from "./versions.js";

it("versions are three numbers, whatever follows", () => {
  expect(parseVersion("2.15.1")).toEqual([2, 15, 1]);
  expect(parseVersion("v2.12.0-RC.3")).toEqual([2, 12, 0]);
  for (const none of [undefined, "", "2.1", "latest", "99999.1.1"])
    expect(parseVersion(none)).toBeUndefined();
  expect(isOlder([2, 9, 25], [2, 10, 0])).toBe(true);
  expect(isOlder([2, 10, 0], [2, 10, 0])).toBe(false);
  expect(isOlder([3, 0, 0], [2, 10, 0])).toBe(false);
});

it("the table goes from old to new, and from bad to harmless", () => {
  for (const [index, { before, level }] of INCOMPATIBILITIES.entries()) {
    const next = INCOMPATIBILITIES[index + 1];
    if (next === undefined) continue;
    expect(isOlder(before, next.before)).toBe(true);
    const levels = ["error", "warning", "hint"];
    expect(levels.indexOf(level)).toBeLessThanOrEqual(levels.indexOf(next.level));
  }
});

it.each([
  ["2.11.13", true],
  ["2.11.14", false],
  ["2.12.4", true],
  ["2.12.5", false],
  ["2.10.29", true],
  ["2.14.0", false],
  ["2.15.1", false],
])("%s has the hole of a line's patch: %s", (version, expected) => {
  expect(isAffected(parseVersion(version)!, ADVISORIES[0])).toBe(expected);
});
