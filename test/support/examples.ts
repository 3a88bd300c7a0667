import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Child } from "./child.js";
import { UserProject } from "./package.js";
import { until } from "./until.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const END_WITHIN_MS = 10_000;
/** Lines that are shown when another one has not come. */
const SHOWN = 30;

/** Packages that examples import beside Holdfast. */
const PACKAGES = ["@nats-io/jetstream", "prom-client", "zod"];

/** What an example is started with. */
export interface ExampleStart {
  /** URLs of servers, for `NATS_SERVERS`. */
  readonly servers: string | readonly string[];
  readonly args?: readonly string[];
  /** On top of this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * The examples in a user's project, where `holdfast` is the packed package: compiled, without a check of the types, which `npm test`
 * does when it builds them. Disposing of it kills the examples that still run.
 */
export class Examples implements AsyncDisposable {
  readonly project: UserProject;
  private readonly running: RunningExample[] = [];

  private constructor(project: UserProject) {
    this.project = project;
  }

  /** @param packages what the examples import beside Holdfast; those of {@link PACKAGES} are there anyway */
  static async make(packages: readonly string[] = []): Promise<Examples> {
    const project = await UserProject.make([...new Set([...PACKAGES, ...packages])]);
    const flags = [
      "--noCheck",
      "--noResolve",
      "--noEmitOnError",
      "false",
      "--outDir",
      join(project.dir, "examples"),
    ];
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    // It fails when one example does not parse: the others run all the same.
    await promisify(execFile)(process.execPath, [tsc, "-p", join(ROOT, "examples"), ...flags]).catch(
      () => {},
    );
    return new Examples(project);
  }

  /**
   * Starts an example.
   *
   * @param name its path in `examples/`, as `patterns/circuit-breaker`
   */
  start(name: string, { servers, args = [], env = {} }: ExampleStart): RunningExample {
    const program = join(this.project.dir, "examples", `${name}.js`);
    const cleared = {
      NODE_OPTIONS: undefined,
      NODE_TEST_CONTEXT: undefined,
      VITEST: undefined,
      NATS_SERVER: undefined, // the tests' own
    };
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.project.dir,
      env: { ...process.env, ...cleared, NATS_SERVERS: [servers].flat().join(","), ...env },
    });
    const example = new RunningExample(child);
    this.running.push(example);
    return example;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const example of this.running) await example[Symbol.asyncDispose]();
    this.project[Symbol.dispose]();
  }
}

/** An example that runs: what it has said on stdout is in `lines`, and its exit code in `code` when it has ended. */
export class RunningExample extends Child implements AsyncDisposable {
  private readonly child: ChildProcess;
  /** What it has said on stderr. */
  stderr = "";
  private read = 0;

  constructor(child: ChildProcess) {
    super(child);
    this.child = child;
    child.stderr?.on("data", (text) => {
      this.stderr += text;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** All that it has said on stdout so far. */
  get text(): string {
    return this.lines.join("\n");
  }

  /**
   * Resolves with the first line on stdout that matches, behind the line that the call before this one has found: so what is waited for has happened
   * since then. Rejects with all that it has said when it has not come within `timeout` ms (default 10,000), or the example has ended.
   */
  async says(pattern: RegExp, timeout?: number): Promise<RegExpExecArray> {
    let found: RegExpExecArray | null = null;
    const look = () => {
      for (; !found && this.read < this.lines.length; this.read++)
        found = pattern.exec(this.lines[this.read]!);
      return found !== null;
    };
    const heard = () =>
      `${pattern}; it has said last\n${this.lines.slice(-SHOWN).join("\n")}\n${this.stderr}`;
    await until(() => look() || this.code !== undefined, heard, timeout);
    if (!look()) throw new Error(`it ended with ${this.code} without ${heard()}`);
    return found!;
  }

  /** Sends a signal to it. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Kills it, unless it has ended; resolves when it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    await this.ended(END_WITHIN_MS);
  }
}
