import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FAMILIES, PLANNED_FAMILIES, type PlannedFamily } from "../../src/observe/metrics/families.js";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

const row = ({ name, type, labels, help }: PlannedFamily) =>
  `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`;

describe("docs/observe/metrics.md", () => {
  it("has the table of all metrics, with those that are planned behind it", () => {
    const rows = read("docs/observe/metrics.md").match(/^\| `nats_.*$/gm);
    expect(rows).toEqual([...FAMILIES, ...PLANNED_FAMILIES].map(row));
  });

  it("names no metric that there is not, and neither does the page about alerts", () => {
    const known = new Set([...FAMILIES, ...PLANNED_FAMILIES].map(({ name }) => name));
    for (const page of ["metrics", "alerts"]) {
      const named = read(`docs/observe/${page}.md`).matchAll(/\bnats_[a-z_]+/g);
      expect([...named].map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
    }
  });
});
