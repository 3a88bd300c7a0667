import { type ChildProcess, spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "./compile.js";
import { until } from "./until.js";

/** The library, compiled into a folder of its own, for scripts that run in a process of their own. */
export class CompiledLibrary implements Disposable {
  private readonly dir: string;
  private scripts = 0;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Compiles it; types are checked elsewhere. */
  static async make(): Promise<CompiledLibrary> {
    return new CompiledLibrary(await compile("tsconfig.build.json", "dist"));
  }

  /**
   * Runs a script, the body of an ES module, in which `connect`, `say(text)` and `SERVER` are known, and `problems`: the
   * unhandled rejections and uncaught exceptions so far.
   */
  run(body: string, server: string): Child {
    const file = join(this.dir, `script-${++this.scripts}.mjs`);
    writeFileSync(file, `${PROLOGUE}\n${body}`);
    return new Child(spawn(process.execPath, [file], { env: { ...process.env, SERVER: server } }));
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const PROLOGUE = `
import { connect } from "./dist/index.js";
const { SERVER } = process.env;
const say = (text) => process.stdout.write(text + "\\n");
const problems = [];
const note = (kind) => (error) => problems.push({ kind, code: error?.code, text: String(error?.stack ?? error) });
process.on("unhandledRejection", note("unhandledRejection"));
process.on("uncaughtException", note("uncaughtException"));
const turn = () => new Promise((resolve) => setImmediate(resolve));
const until = async (condition) => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2)); };
`;

/** ms that a process may take to start, or to come to where it says something: on a busy machine both are long. */
const SAYS_WITHIN = 25_000;

/** A script that runs, and what it has said. */
export class Child implements Disposable {
  readonly lines: string[] = [];
  /** Its exit code, when it has ended. */
  code: number | null | undefined;
  private readonly process: ChildProcess;
  private output = "";
  private errors = "";

  constructor(process: ChildProcess) {
    this.process = process;
    process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      const lines = this.output.split("\n");
      this.output = lines.pop() ?? "";
      this.lines.push(...lines);
    });
    process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    process.once("close", (code) => {
      this.code = code;
    });
  }

  /** Resolves when it has said this. */
  async said(line: string): Promise<void> {
    await until(
      () => this.lines.includes(line) || this.code !== undefined,
      () => `"${line}"; it has said ${JSON.stringify(this.lines)}, ${this.errors}`,
      SAYS_WITHIN,
    );
    if (!this.lines.includes(line))
      throw new Error(`it ended without "${line}": ${this.lines} ${this.errors}`);
  }

  /** Resolves when it has ended by itself. */
  async ended(timeout?: number): Promise<void> {
    await until(
      () => this.code !== undefined,
      () => `its end; it has said ${JSON.stringify(this.lines)}, ${this.errors}`,
      timeout,
    );
  }

  /** The value that it has said last, as JSON. */
  result<T>(): T {
    return JSON.parse(this.lines.at(-1) ?? "null") as T;
  }

  [Symbol.dispose](): void {
    if (this.code === undefined) this.process.kill("SIGKILL");
  }
}
