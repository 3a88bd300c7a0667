import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./capture.mjs";
import { filesIn, fingerprint } from "./fingerprint.mjs";
import { cache, root } from "./paths.mjs";

/**
 * @typedef {object} Target what tsc builds
 * @property {string} project its tsconfig
 * @property {string} sources the folder that its outputs mirror
 * @property {string[]} inputs folders with sources
 * @property {string} out the folder with its outputs
 */

/** The package as it is published. @type {Target} */
export const dist = {
  project: "tsconfig.build.json",
  sources: "src",
  inputs: ["src"],
  out: "dist",
};

/** The library together with the programs that import it from `../src`. @type {Target} */
export const tools = {
  project: "tsconfig.tools.json",
  sources: ".",
  inputs: ["src", "demo", "bench", "soak", "chaos", "storm", "fuzz"],
  out: ".cache/tools",
};

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const stampOf = (target) => join(cache, `${target.project}.stamp`);
const state = (target) =>
  fingerprint(root, [...target.inputs, "types", "tsconfig.base.json", target.project, "package-lock.json"]);

/**
 * Whether nothing changed since the target was last built.
 *
 * @param {Target} target
 */
export function isBuilt(target) {
  const stamp = stampOf(target);
  return (
    existsSync(join(root, target.out)) && existsSync(stamp) && readFileSync(stamp, "utf8") === state(target)
  );
}

/**
 * Builds a target. The caller holds the bootstrap's lock.
 *
 * @param {Target} target
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function build(target) {
  const before = state(target); // a file written while tsc runs belongs to the next build
  // Not incremental: tsc 7.0 keeps stale errors when a global declaration is added, and emits nothing when only its outputs
  // were deleted. It would save 0.2 s.
  const result = await typecheck(target.project, "--incremental", "false");
  if (result.ok) {
    removeOrphans(target);
    mkdirSync(cache, { recursive: true });
    writeFileSync(stampOf(target), before);
  } else {
    rmSync(stampOf(target), { force: true });
  }
  return result;
}

/**
 * Runs tsc over a project.
 *
 * @param {string} project
 * @param {string[]} flags more arguments for tsc
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function typecheck(project, ...flags) {
  const run = await capture(process.execPath, [tsc, "-p", project, "--pretty", "false", ...flags], {
    cwd: root,
  });
  return { ok: run.code === 0, output: run.error?.message ?? run.output.trim() };
}

/** Removes tsc's outputs whose source is gone: they would be packaged, or hide a broken import. */
function removeOrphans({ out, sources }) {
  for (const file of filesIn(join(root, out), ".")) {
    const source = file.replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
    if (source !== file && !existsSync(join(root, sources, source))) rmSync(join(root, out, file));
  }
}
