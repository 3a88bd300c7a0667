import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBinary } from "../../src/testing/launcher/binary.js";
import { CompiledTools } from "../support/tools.js";

let tools: CompiledTools;
beforeAll(async () => {
  tools = await CompiledTools.make();
}, 60_000);
afterAll(() => tools?.[Symbol.dispose]());

const soak = async (args: string[], env: NodeJS.ProcessEnv = {}) =>
  tools.run("soak/main.js", args, { NATS_SERVER: await findBinary(), FORCE_COLOR: "0", ...env });

/** So long that a slow machine, too, comes to the dozen of faults without which nothing can be told of a slope. */
const MINUTES = "0.5";

/** The row of a figure in the table. */
const row = (output: string, name: string) =>
  output.split("\n").find((line) => line.includes(`│ ${name} `)) ?? output;

describe("a short soak with faults", () => {
  it.concurrent("loses nothing, and no count has a slope", { timeout: 120_000 }, async () => {
    const { code, output } = await soak(["--minutes", MINUTES, "--seed", "2"]);
    expect(output).toMatch(/history: accepted \d+, acknowledged \d+, found \d+, lost 0,/);
    for (const name of ["descriptors", "timers", "sockets", "handles in all"])
      expect(row(output, name)).toMatch(/ flat +│$/);
    expect(output).toContain("✔ 0 lost");
    expect(code).toBe(0);
  });

  it.concurrent("sees what grows with every fault", { timeout: 120_000 }, async () => {
    const { code, output } = await soak(["--minutes", MINUTES], { HOLDFAST_SOAK_LEAK: "descriptor" });
    expect(row(output, "descriptors")).toMatch(/ leak +│$/);
    expect(output).toContain("✖ descriptors grows with every fault");
    expect(row(output, "sockets")).toMatch(/ flat +│$/);
    expect(code).toBe(1);
  });
});

describe("a wrong command line", () => {
  it.each([
    [["--minutes", "0"], "a number of minutes"],
    [["--minutes", "1", "--seconds", "1"], "cannot be used with option '--seconds"],
    [["--only", "flood"], "some of reject"],
    [["--seed", "-1"], "a whole number"],
    [["faults"], "too many arguments"],
  ])("%j is refused", async (args, why) => {
    const { code, output } = await soak(args);
    expect(output).toContain(why);
    expect(code).toBe(1);
  });
});
