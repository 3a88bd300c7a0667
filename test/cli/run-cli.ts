import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile } from "../support/compile.js";

const DOCS = fileURLToPath(new URL("../../docs", import.meta.url));

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly said: { out: string; err: string };
  readonly ended: Promise<Ended>;
}

/** The command line as users have it: compiled, beside the pages of the package. */
export class Cli {
  readonly main: string;
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.main = join(folder, "dist", "cli", "main.js");
    symlinkSync(DOCS, join(folder, "docs"), "dir");
  }

  static async compile(): Promise<Cli> {
    return new Cli(await compile("tsconfig.build.json", "dist"));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @param variables of the environment, beside those of this process; none of NATS */
  begin(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Running {
    const { NATS_URL: _url, NATS_SERVERS: _servers, NATS_CONTEXT: _context, ...rest } = process.env;
    const child = spawn(process.execPath, [this.main, ...args], {
      env: { ...rest, NO_COLOR: "1", XDG_CONFIG_HOME: join(this.folder, "nothing"), ...variables },
    });
    const said = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said.out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.err += text;
    });
    // It may have ended before it reads what it is told.
    child.stdin.on("error", () => {});
    const ended = once(child, "close").then(([code]): Ended => ({ code: code as number | null, ...said }));
    return { child, said, ended };
  }

  run(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<Ended> {
    const { child, ended } = this.begin(args, variables);
    child.stdin.end();
    return ended;
  }
}
