import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FAMILIES } from "../../src/observe/metrics/families.js";
import type { Family } from "../../src/observe/metrics/family.js";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

const row = ({ name, type, labels, help }: Family) =>
  `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`;

describe("docs/observe/metrics.md", () => {
  it("has the table of all metrics", () => {
    const rows = read("docs/observe/metrics.md").match(/^\| `nats_.*$/gm);
    expect(rows).toEqual(FAMILIES.map(row));
  });

  it("names no metric that there is not, and neither does the page about alerts", () => {
    const known = new Set(FAMILIES.map(({ name }) => name));
    for (const page of ["metrics", "alerts"]) {
      const named = read(`docs/observe/${page}.md`).matchAll(/\bnats_[a-z_]+/g);
      expect([...named].map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
    }
  });
});
