import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

/** Lines of the sources of a folder that are no comments. */
function linesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"))
    .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line));
}

it("commands, doctor and lint send nobody to a page that the package does not have", () => {
  const { files } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] };
  const shipped = (page: string) => files.includes(page) || files.includes(page.replace(/[^/]+$/, "*.md"));
  const named = ["src/cli", "src/doctor", "src/client"]
    .flatMap(linesOf)
    .flatMap((line) => line.match(/docs\/[\w/-]+\.md/g) ?? []);
  expect(new Set(named).size).toBeGreaterThan(5);
  expect(named.filter((page) => !shipped(page))).toEqual([]);
});
