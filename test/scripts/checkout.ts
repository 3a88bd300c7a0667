import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { inCheckout, type Sandbox, sandbox } from "./fakes.js";

export interface Run {
  child: ChildProcess;
  /** What it printed on stdout so far. */
  stdout(): string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
}

/** A small checkout with the real scripts and with fakes of npm, tsc, vitest and biome, which log their calls. */
export interface Checkout extends Disposable {
  readonly dir: string;
  readonly box: Sandbox;
  write(path: string, text: string): void;
  exists(path: string): boolean;
  read(path: string): string;
  /** The calls of the fakes so far, each with its arguments. */
  calls(): string[];
  /** `node scripts/run.mjs ...args` */
  run(args: string[], env?: NodeJS.ProcessEnv): Run;
}

const log = (name: string) =>
  `import { appendFileSync } from "node:fs";
   appendFileSync("calls", ${JSON.stringify(name)} + " " + process.argv.slice(2).join(" ") + "\\n");`;

/** `npm ci`: puts the fake tools into node_modules, or fails as the file `npm-fails` says. */
const npm = `${log("npm")}
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
if (existsSync("npm-fails")) {
  console.error(readFileSync("npm-fails", "utf8"));
  process.exit(1);
}
rmSync("node_modules", { recursive: true, force: true });
await new Promise((resolve) => setTimeout(resolve, 100));
cpSync("packages", "node_modules", { recursive: true });
cpSync("package-lock.json", "node_modules/.package-lock.json");
`;

/** tsc: "compiles" by copying, or fails where a source says so. Incremental, it would emit nothing. */
const tsc = `${log("tsc")}
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
const project = process.argv[3];
const { outDir, rootDir, include } = JSON.parse(readFileSync(project, "utf8"));
if (outDir) {
  const sources = include.filter((path) => existsSync(path)).flatMap((path) =>
    readdirSync(path, { recursive: true }).filter((name) => name.endsWith(".ts")).map((name) => join(path, name)));
  const bad = sources.filter((path) => readFileSync(path, "utf8").includes("type error"));
  for (const path of bad) console.log(path + "(1,1): error TS1234: a type error");
  if (bad.length > 0) process.exit(1);
  if (!process.argv.join(" ").endsWith("--incremental false")) process.exit(0);
  for (const path of sources) cpSync(path, join(outDir, path.slice(rootDir.length)).replace(/ts$/, "js"));
}
`;

/** vitest: lists the files in `vitest-list`; reports and ends as `vitest-report` and `vitest-code` say. */
const vitest = `${log("vitest")}
import { existsSync, readFileSync, writeFileSync } from "node:fs";
if (process.argv[2] === "list") {
  console.log(existsSync("vitest-list") ? readFileSync("vitest-list", "utf8") : "[]");
  process.exit(0);
}
const { NATS_SERVER, PROMTOOL, CHROMIUM } = process.env;
writeFileSync("vitest-env", JSON.stringify({ NATS_SERVER, PROMTOOL, CHROMIUM }));
const out = process.argv.find((arg) => arg.startsWith("--outputFile.json=")).split("=")[1];
if (existsSync("vitest-report")) writeFileSync(out, readFileSync("vitest-report"));
process.exitCode = existsSync("vitest-code") ? Number(readFileSync("vitest-code", "utf8")) : 0;
`;

const biome = `${log("biome")}
import { existsSync } from "node:fs";
if (existsSync("biome-fails")) {
  console.log("this is not formatted");
  process.exit(1);
}
`;

const config = (out: object) => JSON.stringify(out);

export function checkout(): Checkout {
  const box = sandbox();
  const { dir } = box;
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  cpSync(inCheckout("scripts"), join(dir, "scripts"), { recursive: true });
  write("package.json", config({ name: "small", type: "module" }));
  write("package-lock.json", config({ packages: { "": {}, "node_modules/a": { version: "1.0.0" } } }));
  write("npm-cli.js", npm);
  write("packages/typescript/bin/tsc", tsc);
  write("packages/typescript/package.json", config({ type: "module" }));
  write("packages/vitest/vitest.mjs", vitest);
  write("packages/@biomejs/biome/bin/biome", biome);
  write("packages/@biomejs/biome/package.json", config({ type: "module" }));
  write("tsconfig.build.json", config({ outDir: "dist", rootDir: "src", include: ["src"] }));
  write(
    "tsconfig.tools.json",
    config({
      outDir: ".cache/tools",
      rootDir: "",
      include: ["src", "demo", "bench"],
    }),
  );
  write("tsconfig.json", "{}");
  write("tsconfig.core.json", "{}");
  write("src/index.ts", "export const answer = 42;\n");
  write("src/testing/sim/main.ts", "console.log('sim', ...process.argv.slice(2));\n");
  const programs = {
    NATS_SERVER: box.program("nats-server", "echo nats-server: v2.12.0"),
    PROMTOOL: box.program("promtool", "echo promtool, version 2.42.0"),
    CHROMIUM: box.program("chromium", "echo '<p>31 wide in HeadlessChrome/156.0.0.0</p>'"),
  };
  return {
    dir,
    box,
    write,
    exists: (path) => existsSync(join(dir, path)),
    read: (path) => readFileSync(join(dir, path), "utf8"),
    calls: () =>
      existsSync(join(dir, "calls")) ? readFileSync(join(dir, "calls"), "utf8").trim().split("\n") : [],
    run(args, env = {}) {
      const child = spawn(process.execPath, [join(dir, "scripts/run.mjs"), ...args], {
        cwd: dir,
        env: { PATH: box.bin, npm_execpath: join(dir, "npm-cli.js"), ...programs, ...env },
        stdio: ["pipe", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (text) => (stdout += text));
      child.stderr.on("data", (text) => (stderr += text));
      const ended = new Promise<Awaited<Run["ended"]>>((resolve) =>
        child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr })),
      );
      return { child, stdout: () => stdout, ended };
    },
    [Symbol.dispose]: () => box[Symbol.dispose](),
  };
}
