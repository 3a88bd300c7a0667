import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

/** How a program ended, and what it printed on stdout and stderr. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** The programs of this checkout (demo, bench, soak, chaos, fuzz), compiled into a folder of their own. */
export class CompiledTools implements Disposable {
  private readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Compiles them; types are checked elsewhere. */
  static async make(): Promise<CompiledTools> {
    const dir = mkdtempSync(join(tmpdir(), "holdfast-tools-"));
    symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"), "dir");
    writeFileSync(join(dir, "package.json"), '{ "type": "module" }');
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const args = [tsc, "-p", join(ROOT, "tsconfig.tools.json"), "--noCheck", "--outDir", dir];
    await run(process.execPath, args);
    return new CompiledTools(dir);
  }

  /** Runs a program, such as `soak/main.js`; `env` comes on top of this process's. Resolves however it ends. */
  async run(program: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const options = { env: { ...process.env, ...env }, cwd: this.dir };
    try {
      const { stdout, stderr } = await run(process.execPath, [join(this.dir, program), ...args], options);
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, output: stdout + stderr };
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
