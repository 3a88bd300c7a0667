import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../support/compile.js";

/** The chaos suite, compiled into a folder of its own: its actors are processes, which need JavaScript. */
export class ChaosProgram implements Disposable {
  readonly #dir: string;
  readonly #running = new Set<ChildProcess>();

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** Compiles it; types are checked elsewhere. */
  static async make(): Promise<ChaosProgram> {
    return new ChaosProgram(await compile("tsconfig.tools.json"));
  }

  /** Starts it with these arguments. */
  start(...args: string[]): ChaosRun {
    const child = spawn(process.execPath, [join(this.#dir, "chaos", "main.js"), ...args], { cwd: this.#dir });
    this.#running.add(child);
    child.once("exit", () => this.#running.delete(child));
    return new ChaosRun(child);
  }

  [Symbol.dispose](): void {
    for (const child of this.#running) child.kill("SIGKILL");
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** A run of it. */
export class ChaosRun {
  /** Resolves with the exit code when it has ended and said all. */
  readonly ended: Promise<number | null>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => child.once("close", resolve));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** The processes that it has started, and those that these have started. */
  descendants(): number[] {
    const parents = new Map<number, number>();
    for (const entry of readdirSync("/proc")) {
      const pid = Number(entry);
      if (!Number.isInteger(pid)) continue;
      const stat = statOf(pid);
      if (stat !== undefined) parents.set(pid, Number(stat[1]));
    }
    const found = [this.#child.pid!];
    for (const ancestor of found) {
      for (const [pid, parent] of parents) if (parent === ancestor) found.push(pid);
    }
    return found.slice(1);
  }
}

/** Whether there is such a process; one that has ended and was not fetched by its parent does not count. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== undefined && state !== "Z";
}

/** The letter that the system has for its state, `T` when it is stopped; undefined when there is none. */
export function stateOf(pid: number): string | undefined {
  return statOf(pid)?.[0];
}

/** State, parent and so on. */
function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
