import { describe, expect, it } from "vitest";
import { commandLine, parseOptions } from "./options.js";
import { listen, statusOf } from "./options-heard.js";

const said = listen();
const status = (args: string[]) => statusOf(() => parseOptions(args));

describe("the demo's command line", () => {
  it("has pleasant defaults", () => {
    expect(parseOptions([])).toEqual({
      json: false,
      seconds: 45,
      rate: 20_000,
      seed: 1,
      size: 128,
      replayMargin: 0,
      testServers: false,
      clients: ["holdfast", "natsjs"],
    });
  });

  it("takes every option", () => {
    const args = "--json --seconds 7.5 --rate max --seed 42 --size 1024 --only natsjs --replay-margin 250";
    expect(parseOptions(args.split(" "))).toEqual({
      json: true,
      seconds: 7.5,
      rate: "max",
      seed: 42,
      size: 1024,
      replayMargin: 250,
      testServers: false,
      clients: ["natsjs"],
    });
  });

  it.each([
    ["--seconds", "4"],
    ["--seconds", "soon"],
    ["--rate", "0"],
    ["--rate", "1e3"],
    ["--seed", "-1"],
    ["--seed", "1.5"],
    ["--size", "15"],
    ["--size", "2000000"],
    ["--only", "nats"],
    ["--replay-margin", "x"],
  ])("refuses %s %s and names the option", (option, value) => {
    expect(status([option, value])).toBe(2);
    expect(said()).toContain(option);
    expect(said()).toContain("It must be");
  });

  it("refuses unknown options, missing values and stray words", () => {
    expect(status(["--sedd", "1"])).toBe(2);
    expect(said()).toContain("--seed");
    expect(status(["--seed"])).toBe(2);
    expect(status(["now"])).toBe(2);
  });

  it("leaves the official client out, however that is said, and refuses to contradict itself", () => {
    expect(parseOptions(["--no-peer"]).clients).toEqual(["holdfast"]);
    expect(parseOptions(["--only", "holdfast"])).toEqual(parseOptions(["--no-peer"]));
    expect(status(["--no-peer", "--only", "natsjs"])).toBe(2);
    expect(said()).toContain("--no-peer");
  });

  it("answers --help with success", () => {
    expect(status(["--help"])).toBe(0);
    expect(said()).toContain("--replay-margin");
  });

  it("writes down the command that leads to the same run", () => {
    const args = "--seed 3 --seconds 10 --rate max --size 64 --replay-margin 250 --no-peer";
    const line = commandLine(parseOptions(args.split(" ")));
    expect(line).toBe(`npm run demo -- ${args}`);
    expect(commandLine(parseOptions(["--only", "natsjs"]))).toContain(" --only natsjs");
    expect(commandLine(parseOptions([]))).not.toMatch(/--only|--no-peer/);
  });
});
