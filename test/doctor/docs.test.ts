import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = new URL("../../", import.meta.url);
const folder = fileURLToPath(new URL("src/doctor/rules/", root));

it("docs/doctor.md has every rule that there is, and no other [X2]", () => {
  const sources = readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => readFileSync(`${folder}${name}`, "utf8"))
    .join("\n");
  const rules = new Set<string>();
  for (const [, one, other] of sources.matchAll(/\brule: (?:\w+ \? )?"([a-z-]+)"(?: : "([a-z-]+)")?/g)) {
    for (const name of [one, other]) if (name !== undefined) rules.add(name);
  }
  for (const [, name] of sources.matchAll(/perServer\("([a-z-]+)"/g)) rules.add(name);
  const page = readFileSync(new URL("docs/doctor.md", root), "utf8");
  const table = page.slice(page.indexOf("## What it finds"), page.indexOf("## In a program"));
  const named = [...table.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell]) => [
    ...cell.matchAll(/`([a-z-]+)`/g),
  ]);
  expect(new Set(named.map(([, name]) => name))).toEqual(rules);
});
