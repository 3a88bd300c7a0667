import { execFile } from "node:child_process";
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Compiles what a tsconfig of this checkout names into a temporary folder, where it finds this checkout's packages; types are
 * checked elsewhere. Returns the folder, which is the caller's to remove.
 *
 * @param project such as `tsconfig.build.json`
 * @param out where in the folder the programs go; default: into the folder itself
 */
export async function compile(project: string, out = ""): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "holdfast-compiled-"));
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"), "dir");
  writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  const args = [
    tsc,
    "-p",
    join(ROOT, project),
    "--noCheck",
    "--declaration",
    "false",
    "--sourceMap",
    "false",
  ];
  args.push("--outDir", join(dir, out), "--tsBuildInfoFile", join(dir, "buildinfo"));
  await promisify(execFile)(process.execPath, args);
  return dir;
}
