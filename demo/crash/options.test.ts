import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { UsageExit } from "../command-line.js";
import { crashCommandLine, parseCrashOptions } from "./options.js";

let said: string;
beforeEach(() => {
  said = "";
  const listen = (text: string | Uint8Array) => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stderr, "write").mockImplementation(listen);
  vi.spyOn(process.stdout, "write").mockImplementation(listen);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function statusOf(...args: string[]): number {
  try {
    parseCrashOptions(["--crash", ...args]);
  } catch (error) {
    if (error instanceof UsageExit) return error.status;
    throw error;
  }
  return -1;
}

describe("the crash demo's command line", () => {
  it("has pleasant defaults, and takes every option", () => {
    const given = { kills: 12, rate: 2000, size: 128, seed: 1, json: false, testServers: false };
    expect(parseCrashOptions(["--crash"])).toMatchObject(given);
    const args = "--crash --json --kills 3 --rate 100 --size 64 --seed 9".split(" ");
    expect(parseCrashOptions(args)).toMatchObject({ json: true, kills: 3, rate: 100, size: 64, seed: 9 });
  });

  it.each([
    ["--kills", "2"],
    ["--rate", "max"],
    ["--size", "8"],
    ["--seed", "-1"],
  ])("refuses %s %s and names the option", (option, value) => {
    expect(statusOf(option, value)).toBe(2);
    expect(said).toContain(option);
  });

  it("refuses options of the other demo, and answers --help", () => {
    expect(statusOf("--seconds", "5")).toBe(2);
    expect(statusOf("--help")).toBe(0);
    expect(said).toContain("--kills");
  });

  it("writes down the command that leads to the same run", () => {
    const args = "--crash --seed 3 --kills 5 --rate 100 --size 64";
    expect(crashCommandLine(parseCrashOptions(args.split(" ")))).toBe(`npm run demo -- ${args}`);
  });
});
