import { afterEach, describe, expect, it, vi } from "vitest";
import { UsageExit } from "../demo/command-line.js";
import { parseOptions } from "./options.js";
import { TARGETS } from "./targets.js";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the command line", () => {
  const refused = (...args: string[]) => {
    const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    expect(() => parseOptions(args, TARGETS, 1)).toThrow(UsageExit);
    return said.mock.calls.join("");
  };

  it("has defaults", () => {
    expect(parseOptions([], TARGETS, 5)).toMatchObject({
      minutes: 1,
      targets: TARGETS,
      seed: 5,
      list: false,
    });
  });

  it("takes targets, seed, path and entry", () => {
    const given = parseOptions(["--only", "info,parser", "--seed", "-7", "--minutes", "0.5"], TARGETS, 5);
    expect([given.targets.map(({ name }) => name), given.seed, given.minutes]).toEqual([
      ["info", "parser"],
      -7,
      0.5,
    ]);
    expect(parseOptions(["--only", "info", "--seed", "1", "--path", "3:1"], TARGETS, 5).path).toBe("3:1");
    const { replay } = parseOptions(["--replay", "fuzz/corpus/info/real.json"], TARGETS, 5);
    expect([replay?.target.name, replay?.name]).toEqual(["info", "real"]);
  });

  it.each([
    [["--only", "parsr"], 'did you mean "parser"?'],
    [["--only", "zzzzzzzz"], "There are parser, info"],
    [["--minutes", "0"], "--minutes"],
    [["--minutes", "x"], "--minutes"],
    [["--seed", "1.5"], "--seed"],
    [["--path", "1"], "--path needs --seed"],
    [["--replay", "parser"], "TARGET/ENTRY"],
    [["--replay", "inof/real"], 'did you mean "info"?'],
    [["--minuts", "1"], "did you mean --minutes"],
    [["parser"], "too many arguments"],
  ])("%j is refused: %s", (args, text) => {
    expect(refused(...args).toLowerCase()).toContain(text.toLowerCase());
  });
});
