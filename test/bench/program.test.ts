import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromJson } from "../../bench/report/file.js";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { CompiledTools } from "../support/tools.js";

let tools: CompiledTools;
let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "holdfast-bench-"));
  tools = await CompiledTools.make();
});
afterAll(() => {
  tools?.[Symbol.dispose]();
  rmSync(dir, { recursive: true, force: true });
});

const bench = async (...args: string[]) =>
  tools.run("bench/main.js", args, { NATS_SERVER: await findBinary(), NO_COLOR: "1" });

describe("npm run bench", () => {
  it("measures cases in processes of their own, and keeps every sample", { timeout: 60_000 }, async () => {
    const file = join(dir, "samples.json");
    const { code, output } = await bench(
      ...["--cases", "confirm-1000,receive-128-tls", "--rounds", "1", "--ms", "10", "--json", file],
    );
    expect(code, output).toBe(0);
    expect(output).toMatch(/│ nats\.js +│ .* │ .* µs │ .* MiB │/);
    expect(output).toMatch(/reached: messages per second at least 4 × that of nats\.js/);
    expect(output).toMatch(/[01] of 1 targets reached\./);
    const [{ environment, cases }] = fromJson(readFileSync(file, "utf8"));
    expect(environment.node).toBe(process.versions.node);
    expect(cases.map(({ of }) => of.name)).toEqual(["receive-128-tls", "confirm-1000"]);
    for (const { of, runs } of cases) {
      expect([...runs.keys()]).toEqual(of.clients);
      for (const list of runs.values()) expect(list).toHaveLength(1);
    }
  });

  it("measures the clients with another Node, and says with which", { timeout: 60_000 }, async () => {
    const [node, ran, file] = ["node", "ran", "other.json"].map((name) => join(dir, name));
    writeFileSync(
      node,
      `#!/bin/sh\nif [ "$1" = --version ]; then echo v99.1.0; exit; fi\necho ran >> "${ran}"\nexec "${process.execPath}" "$@"\n`,
    );
    chmodSync(node, 0o755);
    const { code, output } = await bench(
      ...["--node", node, "--cases", "publish-16384", "--rounds", "1", "--ms", "10", "--json", file],
    );
    expect(code, output).toBe(0);
    expect(output).toContain("Node 99.1.0");
    const [{ environment, cases }] = fromJson(readFileSync(file, "utf8"));
    expect(environment.node).toBe("99.1.0");
    const [{ of }] = cases;
    expect(readFileSync(ran, "utf8")).toBe("ran\n".repeat(of.clients.length));
  });

  it("says what it cannot compare with", async () => {
    const { code, output } = await bench("--base", "no-such-commit");
    expect(output).toContain('bench: git knows no commit "no-such-commit" here');
    expect(code).toBe(1);
  });
});
