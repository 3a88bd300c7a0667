import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildPage } from "../observe/support/page-build.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const { fingerprint } = (await import(join(ROOT, "scripts/lib/fingerprint.mjs"))) as {
  fingerprint: (base: string, paths: string[]) => string;
};

/** What a program printed, and how it ended. */
export interface Outcome {
  readonly code: number;
  /** stdout and stderr. */
  readonly output: string;
}

/**
 * A user's project in a folder of its own: `node_modules/holdfast` is what `npm pack` makes of this checkout, and of this
 * checkout's packages there are those that Holdfast depends on and those that the project asks for.
 */
export class UserProject implements Disposable {
  readonly dir: string;
  /** The files of the package, relative to its root, in order. */
  readonly files: readonly string[];
  /** Path of the packed package. */
  readonly tarball: string;

  private constructor(dir: string, files: string[], tarball: string) {
    this.dir = dir;
    this.files = files;
    this.tarball = tarball;
  }

  /** Builds, packs and "installs". `packages` are more of this checkout's packages. */
  static async make(packages: string[] = []): Promise<UserProject> {
    const dir = realpathSync(mkdtempSync(join(tmpdir(), "holdfast-user-")));
    const tarball = join(dir, "holdfast.tgz");
    cpSync(await packed(), tarball);
    const modules = join(dir, "node_modules");
    mkdirSync(modules);
    await run("tar", ["-xzf", tarball, "-C", modules]);
    const home = join(modules, "holdfast");
    cpSync(join(modules, "package"), home, { recursive: true });
    rmSync(join(modules, "package"), { recursive: true });
    for (const name of [
      ...needs(JSON.parse(readFileSync(join(home, "package.json"), "utf8"))),
      ...packages,
    ]) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(ROOT, "node_modules", name), join(modules, name), "dir");
    }
    writeFileSync(join(dir, "package.json"), '{ "name": "user", "private": true, "type": "module" }');
    const files = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1));
    return new UserProject(dir, files.toSorted(), tarball);
  }

  /** Writes a file of the project. */
  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.dir, path)), { recursive: true });
    writeFileSync(join(this.dir, path), text);
  }

  /** Reads a file of the package. */
  read(path: string): string {
    return readFileSync(join(this.dir, "node_modules/holdfast", path), "utf8");
  }

  /** Runs `node ...args` in the project; `env` comes on top of this process's. Resolves however it ends. */
  async node(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const cleared = { NODE_OPTIONS: undefined, NODE_TEST_CONTEXT: undefined, VITEST: undefined };
    try {
      const { stdout, stderr } = await run(process.execPath, args, {
        cwd: this.dir,
        env: { ...process.env, ...cleared, ...env },
      });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  }

  /** Compiles files of the project into `out`, as strictly as a user can; resolves with what the compiler says. */
  compile(...files: string[]): Promise<Outcome> {
    const lib = ["--target", "es2022", "--lib", "es2023,esnext.disposable", "--types", "node"];
    const args = ["--strict", "--module", "nodenext", ...lib, "--outDir", "out", "--ignoreConfig", ...files];
    return this.program("typescript/bin/tsc", args);
  }

  /** Runs a program of this checkout's packages, such as `vitest/vitest.mjs`, in the project. */
  program(path: string, args: string[], env?: NodeJS.ProcessEnv): Promise<Outcome> {
    return this.node([join(ROOT, "node_modules", path), ...args], env);
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What goes into the package, and how it is made. */
const PAPERS = [
  "package.json",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
  "alerts/holdfast.rules.yml",
  "grafana/holdfast.json",
];
const CONFIGS = ["tsconfig.base.json", "tsconfig.build.json", "tsconfig.page.json"];
const INPUTS = ["src", "types", ...CONFIGS, ...PAPERS];
/** Where the build of the page is, and where it goes in the package. */
const PAGE = ".cache/page";
const ASSETS = "dist/observe/assets";

/** What was packed of other sources is kept so long: a test that runs at the same time may be about to copy it. */
const KEPT_MS = 10 * 60_000;

/** Path of the packed package. It is built once for each state of the sources, for all files of tests together. */
async function packed(): Promise<string> {
  const home = join(ROOT, ".cache", "package");
  const tarball = join(home, `${fingerprint(ROOT, INPUTS)}.tgz`);
  if (existsSync(tarball)) return tarball;
  mkdirSync(home, { recursive: true });
  for (const name of readdirSync(home)) {
    const age = Date.now() - (statSync(join(home, name), { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > KEPT_MS) rmSync(join(home, name), { recursive: true, force: true });
  }
  const built = mkdtempSync(join(home, "building-"));
  try {
    for (const file of PAPERS) cpSync(join(ROOT, file), join(built, file));
    const out = ["--noCheck", "--outDir", join(built, "dist")];
    for (const flags of [[], ["--declaration", "false", "--removeComments"]])
      await tool("typescript/bin/tsc", ["-p", join(ROOT, "tsconfig.build.json"), ...out, ...flags]);
    await buildPage();
    cpSync(join(ROOT, PAGE), join(built, ASSETS), { recursive: true });
    // It is built here, and for this only: `prepack` would build the checkout's own.
    const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", built];
    const { stdout } = await run("npm", args, { cwd: built });
    renameSync(join(built, stdout.trim()), tarball); // whole or not there, whoever else does the same
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
  return tarball;
}

/** What an installation brings along: optional peers are the user's own business. */
function needs(
  manifest: Record<string, Record<string, { optional?: boolean } | undefined> | undefined>,
): string[] {
  const { dependencies, peerDependencies, peerDependenciesMeta: meta } = manifest;
  return Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !meta?.[name]?.optional);
}

async function tool(path: string, args: string[]): Promise<void> {
  await run(process.execPath, [join(ROOT, "node_modules", path), ...args], { cwd: ROOT });
}
