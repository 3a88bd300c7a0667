import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child } from "../../support/child.js";
import { compile } from "../../support/compile.js";

/** A child, and the signals that end it. */
export class Program extends Child {
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly pid: number | undefined;

  constructor(command: string, args: readonly string[]) {
    const process = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    super(process);
    this.pid = process.pid;
    this.kill = (signal) => process.kill(signal);
  }
}

/** The store, compiled, for programs of their own that can be killed; and a folder for them, without symbolic links. */
export class Programs implements Disposable {
  readonly folder: string;
  readonly #library: string;
  #count = 0;

  private constructor(library: string) {
    this.#library = library;
    this.folder = mkdtempSync(join(tmpdir(), "holdfast-store-"));
  }

  static async make(): Promise<Programs> {
    return new Programs(await compile("tsconfig.build.json", "dist"));
  }

  /** A path in the folder that nobody has had. */
  path(): string {
    return join(this.folder, `outbox-${++this.#count}`);
  }

  /**
   * Runs the body of an ES module that knows `openLmdbStore`, `lockFolder`, `say(text)` and `args`. `say` is synchronous: what was said is out, whenever it is killed.
   *
   * @param within a shell's command before it, such as `ulimit -f 100`
   */
  start(body: string, args: readonly (string | number)[] = [], within = ""): Program {
    const file = join(this.#library, `program-${++this.#count}.mjs`);
    writeFileSync(file, PROLOGUE + body);
    const words = [file, ...args.map(String)];
    if (within === "") return new Program(process.execPath, words);
    return new Program("/bin/sh", ["-c", `${within}; exec "$@"`, "sh", process.execPath, ...words]);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.#library, { recursive: true, force: true });
  }
}

const PROLOGUE = `
import { chmodSync, closeSync, copyFileSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { openLmdbStore } from "./dist/outbox/store/lmdb-store.js";
import { lockFolder } from "./dist/outbox/store/lock.js";
const args = process.argv.slice(2);
const say = (text) => writeSync(1, text + "\\n");
process.on("unhandledRejection", (error) => { say("UNHANDLED " + error); process.exit(3); });
`;
