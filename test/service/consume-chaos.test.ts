import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { compile } from "../support/compile.js";

let dir: string;
beforeAll(async () => {
  dir = await compile("tsconfig.tools.json");
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A short run of the chaos; more of it: `npm run chaos -- --consumer`. */
test("no message is lost, handled ones are acknowledged once, poisoned ones are dead letters, and it never stops for long", async () => {
  const args = ["--consumer", "--messages", "2000", "--disruptions", "3", "--seed", "7", "--json"];
  const env = { ...process.env, NATS_SERVER: await findBinary(), NODE_OPTIONS: "" };
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile(
      process.execPath,
      [join(dir, "chaos/main.js"), ...args],
      { env, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
  expect(output).toContain('"broken":[]');
  expect(code).toBe(0);
  const { verdict, disruptions } = JSON.parse(output) as {
    verdict: { unhandled: number[]; longestPause: { ms: number } };
    disruptions: unknown[];
  };
  expect(verdict.unhandled).toEqual([]);
  expect(verdict.longestPause.ms).toBeLessThan(5_000);
  expect(disruptions).toHaveLength(3);
}, 120_000);
