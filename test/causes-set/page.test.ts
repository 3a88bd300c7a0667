import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { sumOf } from "../../causes/judge.js";
import { SCENARIOS } from "../../causes/scenarios/catalogue.js";
import { page } from "../../causes/view/page.js";
import type { Run } from "../../causes/view/summary.js";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const run: Run = JSON.parse(read("causes/results.json"));

describe("docs/causes.md", () => {
  it("is made of causes/results.json (npm run causes -- --write)", () => {
    expect(read("docs/causes.md")).toBe(page(run));
  });

  it("has every scenario as it is now, and what was told was good enough", () => {
    const label = ({
      name,
      does,
      kind,
      side,
    }: {
      name: string;
      does: string;
      kind: string;
      side: string;
    }) => ({
      name,
      does,
      kind,
      side,
    });
    expect(run.results.map(label)).toEqual(SCENARIOS.map(label));
    expect(sumOf(run.results)).toMatchObject({ kept: true });
  });
});
