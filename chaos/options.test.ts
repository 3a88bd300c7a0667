import { describe, expect, it } from "vitest";
import { UsageExit } from "../demo/command-line.js";
import { faultsOver } from "./faults/catalogue.js";
import { commandLine, parseOptions } from "./options.js";

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
    const [plain, tls] = [faultsOver("plain").length, faultsOver("tls").length];
    expect(options.troubles).toHaveLength(plain + tls + options.pairs);
    expect(parseOptions(["--no-tls", "--pairs", "0"]).troubles).toHaveLength(plain);
    const encrypted = parseOptions(["--tls", "--pairs", "3"]).troubles;
    expect(encrypted).toHaveLength(tls + 3);
    for (const { wire } of encrypted) expect(wire).toBe("tls");
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
    expect(names(["--only", "tls:kill,kill"])).toEqual(["tls:kill", "kill"]);
    expect(names(["--only", "tls:kill,kill", "--tls"])).toEqual(["tls:kill", "tls:kill"]);
    expect(names(["--short", "--tls"])).toEqual(["tls:short"]);
    expect(parseOptions(["--short"]).subjects).toHaveLength(2);
    expect(parseOptions(["--clients", "nats.js"]).subjects).toHaveLength(1);
    expect(parseOptions(["--delivery", "at-most-once"]).subjects).toHaveLength(2);
  });

  it.each([
    [["--only", "kil"], 'There is no fault "kil". Did you mean "kill"?'],
    [["--only", "latency+resett"], 'Did you mean "reset"?'],
    [["--only", "kill+term"], '"kill+term" cannot happen at the same time'],
    [["--only", "tls:kil"], 'There is no fault "kil". Did you mean "kill"?'],
    [["--only", "tls:garbage"], "nobody can read what is said in TLS"],
    [["--only", "strip-tls"], 'write "tls:strip-tls"'],
    [["--only", "garbage", "--tls"], "--tls: garbage cannot happen so"],
    [["--only", "tls:kill", "--no-tls"], "--no-tls: tls:kill cannot happen so"],
    [["--write", "--tls"], "--write needs every fault"],
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
      "--only tls:kill,tls:latency+reset --seed 3",
      "--tls --pairs 2",
      "--no-tls",
      "--short --tls",
    ]) {
      const options = parseOptions(line.split(" "));
      expect(parseOptions(words(commandLine(options)))).toEqual(options);
    }
    const options = parseOptions(["--seed", "7"]);
    expect(parseOptions(words(commandLine(options, "kill"))).troubles).toHaveLength(1);
    for (const name of ["short", "tls:short", "tls:kill"]) {
      expect(names(words(commandLine(options, name)))).toEqual([name]);
    }
  });
});
