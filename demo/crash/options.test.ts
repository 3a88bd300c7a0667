import { describe, expect, it } from "vitest";
import { listen, statusOf } from "../options-heard.js";
import { crashCommandLine, parseCrashOptions } from "./options.js";

const said = listen();
const status = (...args: string[]) => statusOf(() => parseCrashOptions(["--crash", ...args]));

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
    expect(status(option, value)).toBe(2);
    expect(said()).toContain(option);
  });

  it("refuses options of the other demo, and answers --help", () => {
    expect(status("--seconds", "5")).toBe(2);
    expect(status("--help")).toBe(0);
    expect(said()).toContain("--kills");
  });

  it("writes down the command that leads to the same run", () => {
    const args = "--crash --seed 3 --kills 5 --rate 100 --size 64";
    expect(crashCommandLine(parseCrashOptions(args.split(" ")))).toBe(`npm run demo -- ${args}`);
  });
});
