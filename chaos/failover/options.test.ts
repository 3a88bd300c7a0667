import { describe, expect, it } from "vitest";
import { UsageExit } from "../../demo/command-line.js";
import { failoverCommand, isAboutFailover, parseFailoverOptions } from "./options.js";

/** What is said about a wrong command line. */
function complaint(...args: string[]): string {
  let said = "";
  try {
    parseFailoverOptions(args, (text) => {
      said += text;
    });
  } catch (error) {
    expect(error).toMatchObject({ status: 2 });
    expect(error).toBeInstanceOf(UsageExit);
    return said;
  }
  throw new Error(`${args.join(" ")} was taken`);
}

describe("the command line of failover", () => {
  it("is told apart from that of faults", () => {
    expect(isAboutFailover(["--rate", "10", "--moves=3"])).toBe(true);
    expect(isAboutFailover(["--failover"])).toBe(true);
    expect(isAboutFailover(["--rolling"])).toBe(true);
    expect(isAboutFailover(["--only", "kill", "--seconds", "3"])).toBe(false);
  });

  it("runs what is named, with the numbers of the issue unless told otherwise", () => {
    expect(parseFailoverOptions(["--rolling"])).toMatchObject({ restarts: 20, rate: 20_000, peer: false });
    expect(parseFailoverOptions(["--moves"])).toMatchObject({ restarts: undefined, moves: 200 });
    expect(parseFailoverOptions(["--failover"])).toMatchObject({ moves: undefined, kills: 30 });
    const all = [
      "--rolling",
      "--restarts",
      "3",
      "--moves",
      "50",
      "--failover",
      "2",
      "--rate",
      "2000",
      "--json",
    ];
    expect(parseFailoverOptions(all)).toMatchObject({
      restarts: 3,
      moves: 50,
      kills: 2,
      rate: 2000,
      json: true,
    });
  });

  it("can be said again", () => {
    const text = "--rolling --restarts 3 --moves 50 --failover 2 --rate 2000 --peer";
    expect(failoverCommand(parseFailoverOptions(text.split(" ")))).toBe(`npm run chaos -- ${text}`);
    expect(failoverCommand(parseFailoverOptions(["--failover"]))).toBe("npm run chaos -- --failover 30");
  });

  it.each([
    [["--moves", "--restarts", "3"], "--restarts is for --rolling"],
    [["--moves", "none"], "It must be a whole number from 1 to 10000"],
    [["--failover", "0"], "It must be a whole number from 1 to 10000"],
    [["--rolling", "--rate", "5"], "It must be a whole number from 100 to 100000"],
    [["--rolling", "--moves", "--failover", "--write"], "--write needs"],
    [["--rolling", "--peers"], "Did you mean --peer?"],
    [["--rolling", "--only", "kill"], "unknown option '--only'"],
  ])("refuses %j", (args, said) => {
    expect(complaint(...args)).toContain(said);
  });
});
