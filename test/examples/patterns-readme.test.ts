import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const FOLDER = fileURLToPath(new URL("../../examples/", import.meta.url));
const readme = readFileSync(join(FOLDER, "README.md"), "utf8");
const patterns = readdirSync(join(FOLDER, "patterns")).toSorted();

it("the README has a row for each pattern, and every link leads somewhere", () => {
  const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);
  expect(links.filter((link) => !existsSync(join(FOLDER, link)))).toEqual([]);
  const rows = links.filter((link) => link.startsWith("patterns/"));
  expect(rows.toSorted()).toEqual(patterns.map((file) => `patterns/${file}`));
});

it.each(patterns)("%s says what people write by hand, what does it here, and how to run it", (file) => {
  const text = readFileSync(join(FOLDER, "patterns", file), "utf8");
  const [, docstring] = /^\/\*\*\n([\s\S]*?) \*\/\n/.exec(text) ?? [];
  expect(docstring).toContain("By hand: ");
  expect(docstring).toMatch(/Here:\s/);
  expect(docstring).toContain(` * Run it: npm run example -- ${file.replace(".ts", "")}`);
  expect(text).not.toMatch(/from "\.\.?\//); // it can be copied into a project as it is
});

it.each(patterns)("%s is run by a test", (file) => {
  const tests = fileURLToPath(new URL(".", import.meta.url));
  const all = readdirSync(tests).filter(
    (name) => name.endsWith(".test.ts") && name !== "patterns-readme.test.ts",
  );
  const texts = all.map((name) => readFileSync(join(tests, name), "utf8"));
  expect(texts.filter((text) => text.includes(`"patterns/${file.replace(".ts", "")}"`))).not.toEqual([]);
});
