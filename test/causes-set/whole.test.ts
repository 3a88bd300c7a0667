import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Result } from "../../causes/judge.js";
import { compile } from "../support/compile.js";

let dir: string;
beforeAll(async () => {
  dir = await compile("tsconfig.tools.json");
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the set, compiled: some of its clients are processes, which need JavaScript. */
function causes(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    const options = { cwd: dir, maxBuffer: 64 << 20 };
    execFile(
      process.execPath,
      [join(dir, "causes", "main.js"), ...args],
      options,
      (error, stdout, stderr) => {
        resolve({
          code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1,
          stdout,
          stderr,
        });
      },
    );
  });
}

describe("every end that is provoked [X1]", () => {
  it("is told with its cause: 95 % right, none blames the wrong side", { timeout: 300_000 }, async () => {
    const { code, stdout, stderr } = await causes("--json");
    expect(stderr).toBe("");
    const { results, ...sum }: { results: Result[] } & Record<string, unknown> = JSON.parse(stdout);
    const notRight = results
      .filter(({ verdict }) => verdict !== "right")
      .map(({ name, verdict, why, told }) => ({ name, verdict, why, told }));
    expect(sum, JSON.stringify(notRight, null, 1)).toMatchObject({ kept: true, noCause: 0, wrongSide: 0 });
    expect(code).toBe(0);
  });

  it("has a program that lists them, and refuses a wrong name", { timeout: 60_000 }, async () => {
    const list = await causes("--list");
    expect(list).toMatchObject({ code: 0, stderr: "" });
    expect(list.stdout).toContain("network-reset");
    const wrong = await causes("--only", "network-rest");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('Did you mean "network-reset"?');
  });
});
