import { rmSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import type { UserProject } from "../support/package.js";
import type { Block } from "./blocks.js";
import { FUNCTIONS, VALUES } from "./vocabulary.js";

const IMPORT = /^\s*(?:(?:import|export)\b[^;"']*?\bfrom\s*|import\s*)["']([^"']+)["']/gm;

const dependencies: Record<string, string> = manifest.dependencies;

/** The packages that pieces of code import, beside Holdfast, what an installation of it brings along, and Node. */
export function packagesOf(blocks: readonly Block[]): string[] {
  const names = blocks.flatMap(({ code }) => [...code.matchAll(IMPORT)].map(([, name]) => name));
  const packages = names
    .filter((name) => !/^(\.|node:|holdfast($|\/))/.test(name))
    .map((name) => name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
  return [...new Set(packages)].filter((name) => name !== "@nats-io/nats-core" && !(name in dependencies));
}

/**
 * Compiles pieces of code as a user would, against the packed package, as two programs: those that import of Holdfast what they need, and those that
 * stand for a part of one.
 *
 * @returns what the compiler says, with the line of the page
 */
export async function check(project: UserProject, blocks: readonly Block[]): Promise<string[]> {
  const whole = blocks.filter(({ code }) =>
    [...code.matchAll(IMPORT)].some(([, name]) => /^holdfast($|\/)/.test(name)),
  );
  const parts = blocks.filter((block) => !whole.includes(block));
  const said = await Promise.all([
    compile(project, "whole", whole, VALUES),
    compile(project, "parts", parts, VALUES, FUNCTIONS),
  ]);
  return said.flat();
}

async function compile(
  project: UserProject,
  name: string,
  blocks: readonly Block[],
  ...globals: readonly string[]
): Promise<string[]> {
  if (blocks.length === 0) return [];
  rmSync(join(project.dir, name), { recursive: true, force: true });
  for (const [at, text] of globals.entries()) project.write(`${name}/globals-${at}.d.ts`, text);
  for (const [at, { code, given, language }] of blocks.entries()) {
    // Behind the code, so that lines stay what they are; declarations hold for all of a file.
    const declared = language === "ts" ? given.map((text) => `declare const ${text};`) : [];
    project.write(`${name}/block-${at}.${language}`, `${code}\n${declared.join("\n")}\nexport {};\n`);
  }
  project.write(`${name}/tsconfig.json`, JSON.stringify({ compilerOptions: OPTIONS, include: ["."] }));
  const { code, output } = await project.program("typescript/bin/tsc", ["-p", name, "--pretty", "false"]);
  const lines = output.trim() === "" ? [] : output.trim().split("\n");
  if (code !== 0 && lines.length === 0) return ["tsc has failed without a word"];
  return lines.map((line) =>
    line.replace(/^.*block-(\d+)\.[jt]s\((\d+),(\d+)\)/, (_, at, row, column) => {
      const block = blocks[Number(at)];
      return `${block.page}:${block.line + Number(row) - 1}:${column}`;
    }),
  );
}

const OPTIONS = {
  strict: true,
  target: "es2022",
  lib: ["es2023", "esnext.disposable"],
  module: "nodenext",
  types: ["node"],
  allowJs: true,
  checkJs: true,
  noEmit: true,
  // Types of other packages are their authors' business; those of Holdfast are checked by test/package.
  skipLibCheck: true,
};
