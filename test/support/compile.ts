import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { fingerprint } = (await import(join(ROOT, "scripts/lib/fingerprint.mjs"))) as {
  fingerprint: (base: string, paths: string[]) => string;
};

const FOLDERS = ["src", "demo", "bench", "soak", "chaos", "causes", "storm", "fuzz", "types"];
const CONFIGS = ["tsconfig.base.json", "tsconfig.build.json", "tsconfig.tools.json", "package-lock.json"];
/** All that any of the projects is compiled of. */
const INPUTS = [...FOLDERS, ...CONFIGS];
/** What was compiled of other sources is kept so long: a test that runs at the same time may be about to copy it. */
const KEPT_MS = 10 * 60_000;

/**
 * Compiles what a tsconfig of this checkout names into a temporary folder, where it finds this checkout's packages; types are
 * checked elsewhere. Returns the folder, which is the caller's to remove.
 *
 * @param project such as `tsconfig.build.json`
 * @param out where in the folder the programs go; default: into the folder itself
 */
export async function compile(project: string, out = ""): Promise<string> {
  const compiled = await compiledOnce(project);
  const dir = mkdtempSync(join(tmpdir(), "holdfast-compiled-"));
  cpSync(compiled, join(dir, out), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"), "dir");
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
  return dir;
}

/** The folder with what was compiled: once for each state of the sources, for all files of tests together. */
async function compiledOnce(project: string): Promise<string> {
  const home = join(ROOT, ".cache", "compiled");
  const state = fingerprint(ROOT, INPUTS);
  const compiled = join(home, `${state}-${project}`);
  if (existsSync(compiled)) return compiled;
  mkdirSync(home, { recursive: true });
  for (const name of readdirSync(home)) {
    if (name.startsWith(state)) continue;
    const age = Date.now() - (statSync(join(home, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > KEPT_MS) rmSync(join(home, name), { recursive: true, force: true });
  }
  const building = mkdtempSync(join(home, "building-"));
  try {
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const flags = ["--noCheck", "--declaration", "false", "--sourceMap", "false", "--incremental", "false"];
    await promisify(execFile)(process.execPath, [
      tsc,
      "-p",
      join(ROOT, project),
      ...flags,
      "--outDir",
      building,
    ]);
    renameSync(building, compiled); // whole or not there
  } catch (error) {
    // Somebody else has done the same at the same time.
    if (!existsSync(compiled)) throw error;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return compiled;
}
