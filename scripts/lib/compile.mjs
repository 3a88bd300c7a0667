import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { capture } from "./capture.mjs";
import { filesIn, fingerprint } from "./fingerprint.mjs";
import { cache, root } from "./paths.mjs";

/**
 * @typedef {object} Target what tsc builds
 * @property {string} project its tsconfig
 * @property {string} sources the folder that its outputs mirror
 * @property {string[]} inputs folders with sources
 * @property {string} out the folder with its outputs
 * @property {Record<string, string>} [copies] what is copied there as it is, by its place in it
 * @property {string} [page] where in it the dashboard's page goes
 * @property {boolean} [isPublished] its declarations have the docstrings, its programs none: who installs it need not load them
 */

/**
 * The dashboard's page as a browser loads it: code for browsers is compiled by a project of its own. The other targets take it over; tests that run
 * from the sources serve it from here (`src/observe/page/files.ts`).
 *
 * @type {Target}
 */
export const page = {
  project: "tsconfig.page.json",
  sources: "src/observe",
  inputs: ["src/observe/page", "src/observe/dashboard/protocol.ts"],
  out: ".cache/page",
  copies: {
    "page/index.html": "src/observe/page/index.html",
    "page/page.css": "src/observe/page/page.css",
    "uplot/uPlot.iife.min.js": "node_modules/uplot/dist/uPlot.iife.min.js",
    "uplot/uPlot.min.css": "node_modules/uplot/dist/uPlot.min.css",
    "uplot/LICENSE": "node_modules/uplot/LICENSE",
  },
};

/** The package as it is published. @type {Target} */
export const dist = {
  project: "tsconfig.build.json",
  sources: "src",
  inputs: ["src"],
  out: "dist",
  page: "observe/assets",
  isPublished: true,
};

/** The library together with the programs that import it from `../src`. @type {Target} */
export const tools = {
  project: "tsconfig.tools.json",
  sources: ".",
  inputs: ["src", "demo", "bench", "soak", "chaos", "causes", "storm", "fuzz"],
  out: ".cache/tools",
  page: "src/observe/assets",
};

/**
 * The examples, which import the package by its name as users do: their types are those of `dist`, which must be built.
 *
 * @type {Target}
 */
export const examples = {
  project: "examples/tsconfig.json",
  sources: "examples",
  inputs: ["examples", "src"],
  out: ".cache/examples",
};

const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const stampOf = (target) => join(cache, `${target.project}.stamp`);
/** Writes the programs once more; one run of tsc takes comments out of programs and declarations, or of neither. */
const WITHOUT_COMMENTS = [
  "--incremental",
  "false",
  "--noCheck",
  "--declaration",
  "false",
  "--removeComments",
];
/** Checkouts of the tests of these scripts have no page. */
const hasPage = (target) => target.page !== undefined && existsSync(join(root, page.project));
const state = (target) =>
  fingerprint(root, [
    ...target.inputs,
    "types",
    "tsconfig.base.json",
    target.project,
    ...(hasPage(target) ? [page.project] : []),
    "package-lock.json",
  ]);

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
  let result = await typecheck(target.project, "--incremental", "false");
  if (result.ok && target.isPublished) result = await typecheck(target.project, ...WITHOUT_COMMENTS);
  if (result.ok && hasPage(target) && !isBuilt(page)) result = await build(page);
  if (result.ok) {
    removeOrphans(target);
    copyInto(target);
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

/** Lays what no compiler makes beside what it has made. */
function copyInto(target) {
  const { out, copies = {}, page: place } = target;
  for (const [to, from] of Object.entries(copies)) {
    mkdirSync(dirname(join(root, out, to)), { recursive: true });
    cpSync(join(root, from), join(root, out, to));
  }
  if (!hasPage(target)) return;
  rmSync(join(root, out, place), { recursive: true, force: true });
  cpSync(join(root, page.out), join(root, out, place), { recursive: true });
}

/** Removes tsc's outputs whose source is gone: they would be packaged, or hide a broken import. */
function removeOrphans({ out, sources }) {
  for (const file of filesIn(join(root, out), ".")) {
    const source = file.replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts");
    if (source !== file && !existsSync(join(root, sources, source))) rmSync(join(root, out, file));
  }
}
