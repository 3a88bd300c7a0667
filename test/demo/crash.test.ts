import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compile } from "../support/compile.js";
import { until } from "../support/until.js";

let tools: string;
beforeAll(async () => {
  tools = await compile("tsconfig.tools.json");
}, 60_000);
afterAll(() => rmSync(tools, { recursive: true, force: true }));

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("holdfast-crash-"));

function begin(...args: string[]) {
  const child = spawn(process.execPath, [join(tools, "demo", "main.js"), "--crash", ...args], {
    stdio: "pipe",
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => {
    said.out += text;
  });
  child.stderr.on("data", (text) => {
    said.err += text;
  });
  return { child, said, ended: once(child, "close") as Promise<[number | null]> };
}

describe("npm run demo -- --crash", () => {
  it("kills a publisher, and finds every resolved message in the stream once", async () => {
    const before = folders();
    const { said, ended } = begin("--json", "--kills", "4", "--rate", "300");
    const [code] = await ended;
    const report = JSON.parse(said.out);
    expect(report).toMatchObject({
      ok: true,
      kills: 4,
      missing: 0,
      twice: 0,
      outOfOrder: 0,
      strangers: 0,
      broken: [],
    });
    expect(report.meta.versions.servers).toMatch(/^nats-server \d/);
    expect(report.resolved).toBeGreaterThan(100);
    expect(report.stored).toBe(report.resolved + report.unasked);
    expect(report.recovered).toBeGreaterThan(0);
    expect({ code, err: said.err }).toEqual({ code: 0, err: "" });
    expect(folders()).toEqual(before);
  }, 120_000);

  it("leaves no process and no folder behind when it is interrupted", async () => {
    const before = folders();
    const { child, said, ended } = begin("--kills", "3", "--rate", "100");
    await until(
      () => said.out.includes("killed while it wrote to disk"),
      () => `a kill in the outage; ${said.out}${said.err}`,
      60_000,
    );
    child.kill("SIGINT");
    const [code] = await ended;
    expect(code).toBe(130);
    expect(folders()).toEqual(before);
  }, 90_000);

  it("says so where there is no nats-server", async () => {
    const { said, ended } = begin("--test-servers");
    expect((await ended)[0]).toBe(1);
    expect(said.err).toContain("needs nats-server");
  });
});
