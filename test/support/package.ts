import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

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
    const built = join(dir, "built");
    mkdirSync(built);
    for (const file of ["package.json", "README.md", "CHANGELOG.md", "LICENSE"])
      cpSync(join(ROOT, file), join(built, file));
    await tool("typescript/bin/tsc", [
      "-p",
      join(ROOT, "tsconfig.build.json"),
      "--noCheck",
      "--outDir",
      join(built, "dist"),
    ]);
    await run("npm", ["pack", "--silent", "--pack-destination", dir], { cwd: built });
    rmSync(built, { recursive: true });
    const tarball = readdirSync(dir).find((name) => name.endsWith(".tgz"))!;
    const modules = join(dir, "node_modules");
    mkdirSync(modules);
    await run("tar", ["-xzf", join(dir, tarball), "-C", modules]);
    const home = join(modules, "holdfast");
    cpSync(join(modules, "package"), home, { recursive: true });
    rmSync(join(modules, "package"), { recursive: true });
    const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    for (const name of [...Object.keys({ ...dependencies, ...peerDependencies }), ...packages]) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(ROOT, "node_modules", name), join(modules, name), "dir");
    }
    writeFileSync(join(dir, "package.json"), '{ "name": "user", "private": true, "type": "module" }');
    const files = readdirSync(home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1));
    return new UserProject(dir, files.toSorted(), join(dir, tarball));
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

async function tool(path: string, args: string[]): Promise<void> {
  await run(process.execPath, [join(ROOT, "node_modules", path), ...args], { cwd: ROOT });
}
