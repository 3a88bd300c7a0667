import { describe, expect, it } from "vitest";
import { componentName } from "../../observe/components/component-name.js";
import { DefaultNames } from "./default-names.js";
import { readSettings } from "./settings.js";

describe("policies without a name", () => {
  it("have one each, by the order in which they are made, and a bounded number of them", () => {
    const names = new DefaultNames(3);
    const given = Array.from({ length: 1_000 }, () => names.next());
    expect(given.slice(0, 5)).toEqual(["policy", "policy2", "policy3", "policy-other", "policy-other"]);
    expect(new Set(given).size).toBe(4);
  });

  it("are told apart by what shows them", () => {
    const names = new DefaultNames();
    const given = Array.from({ length: 17 }, () => names.next());
    expect(new Set(given.map(componentName)).size).toBe(17);
  });

  it("take no number that they do not need", () => {
    const names = new DefaultNames();
    const before = readSettings(undefined, names);
    expect(() => readSettings({ retry: { retries: -1 } }, names)).toThrow();
    readSettings({ name: "billing" }, names);
    const after = readSettings({}, names);
    expect([before.name, after.name]).toEqual(["policy", "policy2"]);
  });
});
