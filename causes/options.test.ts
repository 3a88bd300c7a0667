import { describe, expect, it } from "vitest";
import { UsageExit } from "../demo/command-line.js";
import { parseOptions } from "./options.js";
import { SCENARIOS } from "./scenarios/catalogue.js";

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

const names = (...args: string[]) => parseOptions(args).scenarios.map(({ name }) => name);

describe("the command line", () => {
  it("without arguments is every scenario", () => {
    const options = parseOptions([]);
    expect(options.scenarios).toEqual(SCENARIOS);
    expect(options).toMatchObject({ list: false, write: false, json: false });
    expect(options.parallel).toBeGreaterThan(1);
  });

  it("names scenarios and kinds, each once", () => {
    expect(names("--only", "network-reset,client-close")).toEqual(["network-reset", "client-close"]);
    expect(names("--only", "unknown")).toEqual(["unknown-said-by-server", "unknown-attempt"]);
    expect(names("--only", "unknown-attempt,unknown")).toHaveLength(2);
  });

  it.each([
    [["--only", "network-rest"], 'There is no scenario "network-rest". Did you mean "network-reset"?'],
    [["--only", ""], 'There is no scenario "".'],
    [["--only", "tls", "--write"], "--write needs every scenario"],
    [["--parallel", "0"], "a whole number from 1 to 20"],
    [["--jsno"], "--json"],
    [["more"], "too many arguments"],
  ])("%j is refused", (args, why) => {
    expect(complaint(...args)).toContain(why);
  });

  it("answers --help", () => {
    let said = "";
    const help = () =>
      parseOptions(["--help"], (text) => {
        said += text;
      });
    expect(help).toThrow(UsageExit);
    expect(said).toContain("npm run causes --");
  });
});
