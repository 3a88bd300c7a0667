import { describe, expect, it } from "vitest";
import { FAULTS } from "./faults/catalogue.js";
import { commandLine, parseOptions, UsageExit } from "./options.js";

/** What is said about a wrong command line. */
function complaint(...args: string[]): string {
  let said = "";
  try {
    parseOptions(args, (text) => {
      said += text;
    });
  } catch (error) {
    expect(error).toBeInstanceOf(UsageExit);
    expect((error as UsageExit).status).toBe(2);
    return said;
  }
  throw new Error(`${args.join(" ")} was taken`);
}

const names = (args: readonly string[]) => parseOptions(args).troubles.map(({ name }) => name);

describe("the command line", () => {
  it("without arguments is every fault with every client, and some pairs", () => {
    const options = parseOptions([]);
    expect(options.troubles).toHaveLength(FAULTS.length + options.pairs);
    expect(options.subjects).toEqual([
      { client: "holdfast", delivery: "at-least-once" },
      { client: "holdfast", delivery: "at-most-once" },
      { client: "natsjs", delivery: "at-most-once" },
    ]);
    expect(options).toMatchObject({ rate: 10_000, seed: 1, pairs: 5 });
  });

  it("names faults and pairs of faults", () => {
    expect(names(["--only", "kill,latency+reset"])).toEqual(["kill", "latency+reset"]);
    expect(names(["--short"])).toEqual(["short"]);
    expect(parseOptions(["--short"]).subjects).toHaveLength(2);
    expect(parseOptions(["--clients", "nats.js"]).subjects).toHaveLength(1);
    expect(parseOptions(["--delivery", "at-most-once"]).subjects).toHaveLength(2);
  });

  it.each([
    [["--only", "kil"], 'There is no fault "kil". Did you mean "kill"?'],
    [["--only", "latency+resett"], 'Did you mean "reset"?'],
    [["--only", "kill+term"], '"kill+term" cannot happen at the same time'],
    [["--clients", "natsjs"], 'Did you mean "nats.js"?'],
    [["--delivery", "at-least-one"], 'Did you mean "at-least-once"?'],
    [["--secnds", "3"], "Did you mean --seconds?"],
    [["--seconds", "0"], "must be a number from 1"],
    [["--rate", "fast"], "must be a whole number"],
    [["--pairs", "-1"], "must be a whole number"],
    [["--write", "--only", "kill"], "--write needs every fault"],
    [["--short", "--only", "kill"], "exclude each other"],
    [["kill"], "too many arguments"],
  ])("%j is refused by name", (args, words) => {
    expect(complaint(...args)).toContain(words);
  });

  it("can be had again from the options", () => {
    const words = (line: string) => line.split(" ").slice(4);
    for (const line of [
      "--seed 7 --seconds 3 --pairs 2",
      "--only kill,latency+reset --pairs 1 --clients holdfast --delivery at-most-once",
      "--short --rate 500",
    ]) {
      const options = parseOptions(line.split(" "));
      expect(parseOptions(words(commandLine(options)))).toEqual(options);
    }
    const options = parseOptions(["--seed", "7"]);
    expect(parseOptions(words(commandLine(options, "kill"))).troubles).toHaveLength(1);
    expect(names(words(commandLine(options, "short")))).toEqual(["short"]);
  });
});
