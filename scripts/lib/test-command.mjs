import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { alone, bootstrap } from "../bootstrap.mjs";
import { capture } from "./capture.mjs";
import { build, dist, examples, typecheck } from "./compile.mjs";
import { foreground } from "./foreground.mjs";
import { cache, root } from "./paths.mjs";
import { programsFor } from "./programs-for.mjs";
import { lineFor, sum, tally } from "./tally.mjs";

const PARALLEL = 2;

/** What runs when nothing is asked for; `HOLDFAST_LONG=1` adds the rest (see vitest.config.ts). */
const USUAL = ["unit", "sim", "integration", "alone"];

const STEPS = [
  { name: "format, lint, layers", run: biome },
  { name: "types", run: () => typecheck("tsconfig.json") },
  { name: "purity of core and wire", run: () => typecheck("tsconfig.core.json") },
  { name: "build", run: () => alone(buildPackage) },
];

/**
 * `npm test`: every check, whatever the others say. The last line of stdout is `N passed, N failed`.
 *
 * @param {string[]} args handed to vitest; if there are any, only vitest runs
 * @returns {Promise<number>} the exit code
 */
export async function test(args) {
  const tallies = [];
  const env = { ...process.env };
  const prepared = await prepare(args, env);
  if (prepared.length > 0) tallies.push(...prepared);
  if (!prepared.some((one) => one.fatal)) {
    if (args.length === 0) tallies.push(...(await runSteps(STEPS)));
    tallies.push(await vitest([...args, ...projects(args, env)], env));
  }
  const total = sum(tallies);
  console.log(lineFor(total));
  return total.failed > 0 ? 1 : 0;
}

/** Whoever names a test gets it, long or not. */
function projects(args, env) {
  return args.length > 0 || env.HOLDFAST_LONG === "1" ? [] : USUAL.flatMap((name) => ["--project", name]);
}

/**
 * Sets the programs that the tests need in `env`. Returns what failed: without dependencies nothing can run; without a
 * program, some tests.
 */
async function prepare(args, env) {
  try {
    await bootstrap();
  } catch (error) {
    console.log(`FAILED  dependencies\n${error.message}`);
    return [{ passed: 0, failed: 1, skipped: 0, fatal: true }];
  }
  const failed = [];
  // At the same time: each has a cache, a lock and an apt of its own.
  const find = async (program) => {
    try {
      Object.assign(env, await bootstrap({ programs: [program] }));
    } catch (error) {
      console.log(`FAILED  ${program.name}\n${error.message}`);
      failed.push({ passed: 0, failed: 1, skipped: 0 });
    }
  };
  await Promise.all((await programsFor(args)).map(find));
  return failed;
}

/** Two at a time; the lines come in the order of the steps. */
async function runSteps(steps) {
  const results = [];
  const waiting = [...steps.keys()];
  let shown = 0;
  const worker = async () => {
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      const start = performance.now();
      const result = await steps[at].run().catch((error) => ({ ok: false, output: error.message }));
      results[at] = { ...result, seconds: (performance.now() - start) / 1000 };
      for (; results[shown]; shown++) show(steps[shown].name, results[shown]);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return results.map(({ ok }) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 }));
}

function show(name, { ok, output, seconds }) {
  console.log(`${ok ? "ok    " : "FAILED"}  ${name} (${seconds.toFixed(1)} s)`);
  if (!ok) console.log(output);
}

/** Builds the package, and the examples upon it. */
async function buildPackage() {
  const built = await build(dist);
  // Checkouts of the tests of these scripts have no examples.
  return built.ok && existsSync(join(root, examples.project)) ? build(examples) : built;
}

async function biome() {
  const bin = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
  const colors = `--colors=${process.stdout.isTTY ? "force" : "off"}`; // its guess is wrong in a pipe
  const run = await capture(process.execPath, [bin, "ci", colors, "."], { cwd: root });
  return { ok: run.code === 0, output: run.error?.message ?? run.output.trim() };
}

async function vitest(args, env) {
  mkdirSync(cache, { recursive: true });
  const report = join(cache, `vitest-${process.pid}.json`);
  const bin = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  try {
    const code = await foreground([bin, "run", ...reporters, ...args], { env, cwd: root });
    const result = tally(readReport(report), code);
    if (result.note) console.log(`FAILED  ${result.note}`);
    return result;
  } finally {
    rmSync(report, { force: true });
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
