import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Checkout, checkout } from "./checkout.js";

let here: Checkout;
beforeEach(() => {
  here = checkout();
});
afterEach(() => here[Symbol.dispose]());

const NPM_CI = "npm ci --include=dev --no-audit --no-fund --loglevel=error";
const TSC = "tsc -p tsconfig.build.json --pretty false --incremental false";
/** Declarations with docstrings, and programs without. */
const BUILT = [TSC, `${TSC} --noCheck --declaration false --removeComments`];

describe("on a fresh clone", () => {
  it("installs, builds, says so; and does nothing the second time", async () => {
    expect(await here.run(["build"]).ended).toEqual({
      code: 0,
      signal: null,
      stdout: "",
      stderr: "holdfast: installing dependencies (npm ci)\nholdfast: building dist\n",
    });
    expect(here.calls()).toEqual([NPM_CI, ...BUILT]);
    expect(here.exists("dist/index.js")).toBe(true);
    expect(await here.run(["build"]).ended).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    expect(here.calls()).toEqual([NPM_CI, ...BUILT]);
  });

  it("does the work once for three at the same time", async () => {
    const runs = [here.run(["build"]), here.run(["build"]), here.run(["build"])];
    for (const run of runs) expect((await run.ended).code).toBe(0);
    expect(here.calls()).toEqual([NPM_CI, ...BUILT]);
  });

  it("shows what npm said when npm fails, and tries again next time", async () => {
    here.write("npm-fails", "ECONNREFUSED");
    const ended = await here.run(["build"]).ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("npm ci failed:\nECONNREFUSED");
    rmSync(join(here.dir, "npm-fails"));
    expect((await here.run(["build"]).ended).code).toBe(0);
  });

  it("names the Node version that is needed", async () => {
    const old = "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.18.3'}})";
    const ended = await here.run(["build"], { NODE_OPTIONS: `--import=${old}` }).ended;
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("needs Node.js 20.19 or newer");
    expect(here.calls()).toEqual([]);
  });
});

describe("after a change", () => {
  beforeEach(async () => {
    await here.run(["build"]).ended;
    rmSync(join(here.dir, "calls"));
  });

  it("installs again when the lock file asks for something else", async () => {
    here.write(
      "package-lock.json",
      JSON.stringify({ packages: { "": {}, "node_modules/a": { version: "1.0.1" } } }),
    );
    await here.run(["build"]).ended;
    expect(here.calls()).toEqual([NPM_CI, ...BUILT]);
  });

  it("takes what the user installed with npm by hand", async () => {
    const lock = JSON.stringify({
      packages: {
        "": {},
        "node_modules/a": { version: "1.0.1" },
        "node_modules/b": { version: "1.0.0", optional: true },
      },
    });
    here.write("package-lock.json", lock);
    here.write(
      "node_modules/.package-lock.json",
      JSON.stringify({ packages: { "node_modules/a": { version: "1.0.1" } } }),
    );
    await here.run(["build"]).ended;
    expect(here.calls()).toEqual(BUILT);
  });

  it("builds again for a changed, a new and a removed source, and removes the output of the latter", async () => {
    here.write("src/index.ts", "export const answer = 43;\n");
    await here.run(["build"]).ended;
    here.write("src/more.ts", "export {};\n");
    await here.run(["build"]).ended;
    expect(here.exists("dist/more.js")).toBe(true);
    here.write("dist/page.html", "not tsc's");
    rmSync(join(here.dir, "src/more.ts"));
    await here.run(["build"]).ended;
    expect(here.exists("dist/more.js")).toBe(false);
    expect(["dist/index.js", "dist/page.html"].map(here.exists)).toEqual([true, true]);
    expect(here.calls()).toEqual([...BUILT, ...BUILT, ...BUILT]);
  });

  it("builds again when the outputs were deleted", async () => {
    rmSync(join(here.dir, "dist"), { recursive: true });
    await here.run(["build"]).ended;
    expect(here.exists("dist/index.js")).toBe(true);
  });

  it("shows the compiler's errors and keeps failing until they are gone", async () => {
    here.write("src/index.ts", "a type error");
    for (let times = 0; times < 2; times++) {
      const ended = await here.run(["build"]).ended;
      expect(ended.code).toBe(1);
      expect(ended.stderr).toContain("src/index.ts(1,1): error TS1234");
    }
    here.write("src/index.ts", "export const answer = 44;\n");
    expect((await here.run(["build"]).ended).code).toBe(0);
  });
});

it("takes over from a bootstrap that was killed", async () => {
  const gone = { pid: 2 ** 22 + 1, started: "1", host: (await import("node:os")).hostname() };
  here.write(".cache/bootstrap.lock", JSON.stringify(gone));
  expect((await here.run(["build"]).ended).code).toBe(0);
  expect(here.exists(".cache/bootstrap.lock")).toBe(false);
});

it("is quick when there is nothing to do", async () => {
  await here.run(["build"]).ended;
  for (let i = 0; i < 300; i++) writeFileSync(join(here.dir, "src", `file${i}.ts`), "export {};\n");
  await here.run(["build"]).ended;
  const timed = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const times: number[] = [];
  const starts: number[] = [];
  for (let i = 0; i < 3; i++) {
    starts.push(await timed(() => promisify(execFile)(process.execPath, ["--eval", ""])));
    times.push(await timed(() => here.run(["build"]).ended));
  }
  // 90 ms when idle, where a process that does nothing takes 40; on a busy machine both are longer.
  expect(Math.min(...times)).toBeLessThan(Math.max(1_000, 6 * Math.min(...starts)));
  expect(here.calls()).toEqual([NPM_CI, ...BUILT, ...BUILT]);
});
