import { afterEach, describe, expect, it, vi } from "vitest";
import { UsageExit } from "../demo/command-line.js";
import { CASES } from "./cases.js";
import { parseOptions } from "./options.js";

let said = "";
const write = (text: unknown) => {
  said += text;
  return true;
};
vi.spyOn(process.stderr, "write").mockImplementation(write);
vi.spyOn(process.stdout, "write").mockImplementation(write);
afterEach(() => {
  said = "";
});

/** The status with which a command line ends; what it said is in `said`. */
function status(...args: string[]): number {
  try {
    parseOptions(args);
  } catch (error) {
    if (error instanceof UsageExit) return error.status;
    throw error;
  }
  throw new Error("it was taken");
}

const names = (...args: string[]) => parseOptions(args).cases.map(({ name }) => name);

describe("what is measured", () => {
  it("is a short selection without options", () => {
    const { cases, rounds } = parseOptions([]);
    expect(cases.length).toBeGreaterThan(3);
    expect(cases.length).toBeLessThan(10);
    expect(rounds).toBe(7);
  });

  it("is everything, thirty times, for a full run and for the page", () => {
    const all = CASES.filter(({ group }) => group !== "recovery");
    for (const option of ["--full", "--write"])
      expect(parseOptions([option])).toMatchObject({ cases: all, rounds: 30 });
    expect(names("--cases", "recovery")).toEqual(["recovery-3s", "recovery-0.3s"]);
  });

  it("is what is named, in the order of the catalogue; the beginning of a name is enough", () => {
    expect(names("--cases", "receive-16,publish-128")).toEqual(["publish-128", "receive-16"]);
    expect(names("--cases", "latency", "--cases", "idle")).toEqual([
      "latency-1000",
      "latency-50000",
      "idle-50",
      "idle-cpu",
    ]);
    expect(parseOptions(["--write", "--cases", "idle"])).toMatchObject({ rounds: 30, write: true });
  });

  it("is not what needs a cluster, where two revisions are compared", () => {
    expect(names("--cases", "recovery,idle", "--base", "main")).toEqual(["idle-50", "idle-cpu"]);
    expect(parseOptions(["--base", "main", "--gate", "0.97"]).base).toEqual({ ref: "main", gate: 0.97 });
  });
});

describe("another Node", () => {
  it("is asked for its version, and profiled with as well", () => {
    const node = { path: process.execPath, version: process.versions.node };
    expect(parseOptions(["--node", process.execPath]).node).toEqual(node);
    const { profile } = parseOptions(["--node", process.execPath, "--profile", "publish-128"]);
    expect(profile!.node).toBe(process.execPath);
  });

  it("is none where nothing is said", () => {
    expect(parseOptions([]).node).toBeUndefined();
  });
});

describe("a wrong command line", () => {
  it.each([
    [["--cases", "publish-128,flood"], 'There is no case "flood"'],
    [["--rounds", "0"], "a whole number from 1 to 1000"],
    [["--ms", "soon"], "a whole number from 5 to 60000"],
    [["--gate", "0.97"], "--gate needs --base"],
    [["--base", "main", "--gate", "1.5"], "a number above 0, up to 1"],
    [["--base", "main", "--gate", "0.97", "--rounds", "3"], "at least 10 rounds"],
    [["--base", "main", "--gate", "0.97", "--cases", "recovery"], "these cases only wait"],
    [["--base", "main", "--json", "samples.json"], "--json keeps what clients reach"],
    [["--write", "--rounds", "3"], "nor with fewer than 30 rounds"],
    [["--write", "--ms", "20"], "--write goes with neither --base nor --ms"],
    [["--profile", "recovery-3s"], "it only waits"],
    [["--node", "./no-such-node"], 'There is no file "./no-such-node"'],
    [["--node", process.execPath, "--page"], "--node goes with neither --page"],
    [["--client", "carrier-pigeon"], "Allowed choices are holdfast"],
    [["publish"], "too many arguments"],
    [["--quick"], "unknown option '--quick'"],
  ])("%j is refused", (args, why) => {
    expect(status(...args)).toBe(2);
    expect(said.replaceAll(/\s+/g, " ")).toContain(why);
  });

  it("is not what asks for help, which names every case and how long the default takes", () => {
    expect(status("--help")).toBe(0);
    for (const { name } of CASES) expect(said).toContain(`  ${name} `);
    expect(said).toContain("minutes");
  });
});
