import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Checkout, checkout, type Run } from "./checkout.js";

let here: Checkout;
const started: Run[] = [];
beforeEach(() => {
  here = checkout();
});
afterEach(() => {
  for (const { child } of started.splice(0)) child.kill("SIGKILL");
  here[Symbol.dispose]();
});

const start = (...args: string[]): Run => {
  const run = here.run(args);
  started.push(run);
  return run;
};

describe("a program in the foreground", () => {
  it("gets arguments, stdin and the server; its output and exit code are passed on", async () => {
    here.write(
      "demo/main.ts",
      `console.log(process.argv.slice(2).join(), process.env.NATS_SERVER);
       process.stdin.on("data", (text) => { console.log("read " + text); process.exit(7); });`,
    );
    const run = start("demo", "--seconds", "3");
    run.child.stdin!.write("hello");
    expect(await run.ended).toMatchObject({
      code: 7,
      stdout: `--seconds,3 ${join(here.box.bin, "nats-server")}\nread hello\n`,
    });
  });

  it("is told to use test servers where no nats-server can be had: the demo runs all the same", async () => {
    here.write("demo/main.ts", "console.log(process.argv.slice(2).join());");
    const none = { NATS_SERVER: "/nowhere", PROMTOOL: "/nowhere", CHROMIUM: "/nowhere" };
    const run = (...args: string[]) => here.run(["demo", ...args], none).ended;
    const ended = await run("--seconds", "3");
    expect(ended).toMatchObject({ code: 0, stdout: "--seconds,3,--test-servers\n" });
    expect(ended.stderr).toContain("the demo runs on embedded test servers");
    const crash = await run("--crash");
    expect(crash).toMatchObject({ code: 1, stdout: "" });
    expect(crash.stderr).toMatch(/^(?!.*test servers).*\/nowhere/s);
    const asked = await run("--test-servers");
    expect(asked).toMatchObject({ code: 0, stdout: "--test-servers\n" });
    expect(asked.stderr).not.toContain("/nowhere");
  });

  it("has the garbage collector as a function in a benchmark, and no server in a simulation", async () => {
    here.write("bench/main.ts", "console.log(typeof gc);");
    expect((await start("bench").ended).stdout).toBe("function\n");
    const sim = await here.run(["sim", "--seed", "1"], { NATS_SERVER: "/nowhere" }).ended;
    expect(sim).toMatchObject({ code: 0, stdout: "sim --seed 1\n" });
  });

  /** Counts what it gets and ends when told on stdin. */
  const counting = `
    const seen = [];
    for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => { seen.push(name); console.log("got " + name); });
    process.stdin.on("data", () => { console.log(seen.join()); process.exit(0); });
    console.log("ready " + process.pid);`;

  it("gets a signal once, however often it arrives within a moment", async () => {
    here.write("demo/main.ts", counting);
    // However long this takes, for the script it is one moment.
    const NODE_OPTIONS = "--import=data:text/javascript,performance.now=()=>5";
    const run = here.run(["demo"], { NODE_OPTIONS });
    started.push(run);
    await vi.waitFor(() => expect(run.stdout()).toContain("ready"), 10_000);
    run.child.kill("SIGINT");
    await vi.waitFor(() => expect(run.stdout()).toContain("got SIGINT"), 10_000);
    run.child.kill("SIGINT");
    run.child.kill("SIGTERM");
    await vi.waitFor(() => expect(run.stdout()).toContain("got SIGTERM"), 10_000);
    run.child.stdin!.write("end");
    expect((await run.ended).stdout).toMatch(/\nSIGINT,SIGTERM\n$/);
  });

  it("is in a process group of its own, out of reach of a signal to ours", async () => {
    here.write("demo/main.ts", counting);
    const run = start("demo");
    await vi.waitFor(() => expect(run.stdout()).toContain("ready"), 10_000);
    const pid = Number(/ready (\d+)/.exec(run.stdout())![1]);
    expect(() => process.kill(-pid, 0)).not.toThrow();
    run.child.stdin!.write("end");
    await run.ended;
  });

  it("learns of a new size of the terminal, each time", async () => {
    here.write(
      "demo/main.ts",
      `let seen = 0;
       process.on("SIGWINCH", () => console.log("size " + ++seen));
       process.stdin.on("data", () => process.exit(0));
       console.log("ready");`,
    );
    const run = start("demo");
    await vi.waitFor(() => expect(run.stdout()).toContain("ready"), 10_000);
    for (const size of [1, 2]) {
      run.child.kill("SIGWINCH");
      await vi.waitFor(() => expect(run.stdout()).toContain(`size ${size}`), 10_000);
    }
    run.child.stdin!.write("end");
    expect((await run.ended).code).toBe(0);
  });

  it("turns death by a signal into the shell's exit code", async () => {
    here.write("demo/main.ts", "process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);");
    expect((await start("demo").ended).code).toBe(143);
  });

  it("ends when the script itself is killed", async () => {
    here.write("demo/main.ts", "console.log('ready'); setInterval(() => {}, 1000);");
    const run = start("demo");
    await vi.waitFor(() => expect(run.stdout()).toContain("ready"), 10_000);
    run.child.kill("SIGKILL");
    // The program shares the script's stdout, so this end of the pipe sees its end when both are gone.
    expect((await run.ended).signal).toBe("SIGKILL");
  });

  it("says which commands there are", async () => {
    const ended = await start("nonsense").ended;
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain("demo|bench|soak|chaos|test|sim|storm|fuzz|build|format");
  });
});

describe("npm test", () => {
  const report = (...statuses: string[]) =>
    JSON.stringify({
      numPassedTests: statuses.filter((status) => status === "passed").length,
      numFailedTests: statuses.filter((status) => status === "failed").length,
      numPendingTests: statuses.filter((status) => status === "pending").length,
      testResults: [
        {
          status: statuses.includes("failed") ? "failed" : "passed",
          assertionResults: statuses.map((status) => ({ status })),
        },
      ],
    });
  const lines = (text: string) => text.trimEnd().split("\n");
  const last = (text: string) => lines(text).at(-1);

  it("runs every step in order and ends with the count", async () => {
    here.write("vitest-report", report("passed", "passed", "pending"));
    const ended = await start("test").ended;
    expect(ended.code).toBe(0);
    expect(lines(ended.stdout).map((line) => line.replace(/\d+\.\d/, "N"))).toEqual([
      "ok      format, lint, layers (N s)",
      "ok      types (N s)",
      "ok      purity of core and wire (N s)",
      "ok      build (N s)",
      "6 passed, 0 failed, 1 skipped",
    ]);
    expect(here.exists("dist/index.js")).toBe(true);
  });

  it("goes on after failures and counts them", async () => {
    here.write("biome-fails", "");
    here.write("src/bad.ts", "a type error");
    here.write("vitest-report", report("passed", "failed"));
    here.write("vitest-code", "1");
    const ended = await start("test").ended;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("this is not formatted");
    expect(ended.stdout).toContain("src/bad.ts(1,1): error TS1234");
    expect(last(ended.stdout)).toBe("3 passed, 3 failed");
  });

  it("hands arguments to vitest, and then runs nothing else", async () => {
    here.write("vitest-report", report("passed"));
    const ended = await start("test", "src/core", "--project", "unit").ended;
    expect(ended).toMatchObject({ code: 0, stdout: "1 passed, 0 failed\n" });
    expect(here.calls().at(-1)).toMatch(
      /^vitest run --reporter=default --reporter=json .* src\/core --project unit$/,
    );
    expect(here.calls().filter((call) => /^(tsc|biome)/.test(call))).toEqual([]);
  });

  it.each([
    ["crashes", undefined, "139", "4 passed, 1 failed"],
    ["runs no test", report(), "0", "4 passed, 1 failed"],
    ["has unhandled errors beside passing tests", report("passed"), "1", "5 passed, 1 failed"],
    [
      "cannot load a file",
      JSON.stringify({
        numPassedTests: 0,
        numFailedTests: 0,
        numPendingTests: 0,
        testResults: [{ status: "failed", assertionResults: [] }],
      }),
      "1",
      "4 passed, 1 failed",
    ],
  ])("fails when vitest %s", async (_, written, code, expected) => {
    if (written) here.write("vitest-report", written);
    here.write("vitest-code", code);
    const ended = await start("test").ended;
    expect(ended.code).toBe(1);
    expect(last(ended.stdout)).toBe(expected);
  });

  it.each(["NATS_SERVER", "PROMTOOL", "CHROMIUM"])(
    "counts a missing program ($%s) as a failure and runs the rest",
    async (variable) => {
      here.write("vitest-report", report("passed"));
      const ended = await here.run(["test"], { [variable]: "/nowhere" }).ended;
      expect(ended.code).toBe(1);
      expect(ended.stdout).toContain(`$${variable} is set to /nowhere`);
      expect(last(ended.stdout)).toBe("5 passed, 1 failed");
    },
  );

  it("finds the programs at the same time, and tells the tests where they are", async () => {
    // Each waits for the others, so that none would be found one after the other.
    const meeting = join(here.dir, "meeting");
    const names = ["nats-server", "promtool", "chromium"];
    const meet = `mkdir -p ${meeting}; touch ${meeting}/$(basename "$0"); i=0
      until [ $(ls ${meeting} | wc -l) = ${names.length} ]; do i=$((i+1)); [ $i -lt 300 ] || exit 1; sleep 0.05; done`;
    for (const name of names) {
      const answer = readFileSync(join(here.box.bin, name), "utf8").trimEnd().split("\n").at(-1);
      here.box.program(name, `${meet}\n${answer}`);
    }
    here.write("vitest-report", report("passed"));
    const ended = await here.run(["test"], { NATS_SERVER: "", PROMTOOL: "", CHROMIUM: "" }).ended;
    expect(last(ended.stdout)).toBe("5 passed, 0 failed");
    const [NATS_SERVER, PROMTOOL, CHROMIUM] = names.map((name) => join(here.box.bin, name));
    expect(JSON.parse(here.read("vitest-env"))).toEqual({ NATS_SERVER, PROMTOOL, CHROMIUM });
  });

  describe("of a part of the tests", () => {
    const without = { PROMTOOL: "/nowhere/promtool", CHROMIUM: "/nowhere/chromium" };
    const part = async (files: Record<string, string>, selected = Object.keys(files)) => {
      for (const [path, text] of Object.entries(files)) here.write(path, text);
      const list = selected.map((path) => ({ file: join(here.dir, path), projectName: "integration" }));
      here.write("vitest-list", JSON.stringify(list));
      here.write("vitest-report", report("passed"));
      const { stdout } = await here.run(["test", "word", "-t", "two words"], without).ended;
      return { missing: ["promtool", "chromium"].filter((it) => stdout.includes(`/nowhere/${it}`)), stdout };
    };

    it("looks for no program that it does not import", async () => {
      const other = { "test/other.test.ts": 'import { chromium } from "./support/chromium.js";' };
      const files = { "test/word.test.ts": 'import { books } from "./support/books.js";', ...other };
      const { missing, stdout } = await part(files, ["test/word.test.ts"]);
      expect(missing).toEqual([]);
      expect(last(stdout)).toBe("1 passed, 0 failed");
      expect(here.calls()).toContain("vitest list word -t two words --filesOnly --json");
    });

    it("looks for one that it imports, directly or by another module of the tests", async () => {
      const dashboard = { "test/observe/page.ts": 'export * from "../support/chromium.js";' };
      const test = 'import {\n  type Page,\n} from "./page.js";\n';
      const found = await part({ "test/observe/word.test.ts": test, ...dashboard }, [
        "test/observe/word.test.ts",
      ]);
      expect(found.missing).toEqual(["chromium"]);
      expect(last(found.stdout)).toBe("1 passed, 1 failed");
      const unit = { "src/observe/word.test.ts": 'await import("../../test/support/promtool.js");' };
      expect((await part(unit)).missing).toEqual(["promtool"]);
    });

    it("looks for all where vitest does not tell what it would run", async () => {
      here.write("vitest-list", "");
      here.write("vitest-report", report("passed"));
      const { stdout } = await here.run(["test", "--odd"], without).ended;
      expect(last(stdout)).toBe("1 passed, 2 failed");
    });
  });

  it("ends with the count even when nothing can be installed", async () => {
    here.write("npm-fails", "offline");
    const ended = await start("test").ended;
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("offline");
    expect(last(ended.stdout)).toBe("0 passed, 1 failed");
    expect(readFileSync(join(here.dir, "calls"), "utf8")).not.toContain("vitest");
  });
});
