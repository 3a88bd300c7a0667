import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where builds are kept, one for each commit. */
const KEPT = ".cache/bench-base";

/** A build of another revision. */
export interface Build {
  /** Of the commit, short. */
  readonly commit: string;
  /** The index of its Holdfast, as a URL. */
  readonly library: string;
}

/**
 * Builds the Holdfast of a revision, unless that was done before: what `git archive` gives, compiled with this checkout's packages.
 *
 * @param ref a commit, tag or branch
 * @param root the checkout
 */
export async function buildRevision(ref: string, root = process.cwd()): Promise<Build> {
  const commit = await commitOf(ref, root);
  const dir = resolve(root, KEPT, commit);
  const index = join(dir, "built", "src", "index.js");
  if (!existsSync(index)) {
    const work = `${dir}.${process.pid}`;
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    try {
      await unpack(commit, root, work);
      await compile(root, work);
      renameSync(work, dir);
    } catch (error) {
      rmSync(work, { recursive: true, force: true });
      throw error;
    }
  }
  return { commit: commit.slice(0, 10), library: pathToFileURL(index).href };
}

async function commitOf(ref: string, root: string): Promise<string> {
  try {
    const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
    return (await run("git", args, { cwd: root })).stdout.trim();
  } catch {
    throw new Error(`git knows no commit "${ref}" here`);
  }
}

async function unpack(commit: string, root: string, dir: string): Promise<void> {
  const archive = spawn("git", ["archive", commit], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const tar = spawn("tar", ["-xf", "-"], { cwd: dir, stdio: ["pipe", "ignore", "inherit"] });
  archive.stdout.pipe(tar.stdin);
  const ends = [archive, tar].map(
    (child) =>
      new Promise<void>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => {
          if (code === 0) resolve();
          else reject(new Error(`${child.spawnargs.join(" ")} ended with ${code}`));
        });
      }),
  );
  await Promise.all(ends);
}

/** Compiles it as the programs of this checkout are compiled, so that the two differ in nothing but their sources. */
async function compile(root: string, dir: string): Promise<void> {
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"), "dir");
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const args = [
    tsc,
    "-p",
    "tsconfig.tools.json",
    "--noCheck",
    "--noEmitOnError",
    "false",
    "--outDir",
    "built",
  ];
  try {
    await run(process.execPath, args, { cwd: dir });
  } catch (error) {
    const { stdout = "" } = error as { stdout?: string };
    throw new Error(`it does not compile: ${stdout.trim()}`);
  }
}
