import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { compile } from "./compile.js";

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
    return new CompiledTools(await compile("tsconfig.tools.json"));
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
