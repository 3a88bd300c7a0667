import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inCheckout, type Sandbox, sandbox } from "./fakes.js";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs one of the scripts that find a program, in a sandbox: there is nothing on PATH but what the test puts there. */
export class Finding implements Disposable {
  readonly box: Sandbox = sandbox();
  /** The keys against which the fake apt verifies nothing; a file that exists on any system. */
  readonly keyring = join(this.box.dir, "keyring.gpg");
  /** The folder for a fetched one. */
  readonly cache: string;
  private readonly script: string;
  private readonly children: ChildProcess[] = [];

  /** @param name the script's name without its ending, which is the program's, too */
  constructor(name: string) {
    this.script = inCheckout(`scripts/${name}.mjs`);
    this.cache = join(this.box.dir, "the cache", name);
    writeFileSync(this.keyring, "");
  }

  /** The command as users run it. */
  command(env?: NodeJS.ProcessEnv): Promise<Ended> {
    return this.run([this.script], env).ended;
  }

  /** The same through its function, `find`, with a keyring that exists. */
  caller(find: string): { child: ChildProcess; ended: Promise<Ended> } {
    return this.run([
      "--input-type=module",
      "-e",
      `import { ${find} as find } from ${JSON.stringify(this.script)};
       try {
         console.log((await find({ keyring: ${JSON.stringify(this.keyring)} })).path);
       } catch (error) {
         console.error(error.message);
         process.exitCode = 1;
       }`,
    ]);
  }

  /** What is in the cache. */
  cached(): string[] {
    return existsSync(this.cache) ? readdirSync(this.cache) : [];
  }

  /** The process that fetches. */
  holder(): number {
    return JSON.parse(readFileSync(join(this.cache, "lock"), "utf8")).pid;
  }

  [Symbol.dispose](): void {
    for (const child of this.children.splice(0)) child.kill("SIGKILL");
    this.box[Symbol.dispose]();
  }

  private run(args: string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; ended: Promise<Ended> } {
    const { bin, dir } = this.box;
    const child = spawn(process.execPath, args, {
      env: { PATH: bin, TMPDIR: dir, HOLDFAST_CACHE_DIR: join(dir, "the cache"), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.children.push(child);
    const ended = new Promise<Ended>((resolve) => {
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (text) => (stdout += text));
      child.stderr.on("data", (text) => (stderr += text));
      child.on("close", (code) => resolve({ code, stdout, stderr }));
    });
    return { child, ended };
  }
}
