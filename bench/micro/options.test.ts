import { expect, it, vi } from "vitest";
import { UsageExit } from "../../demo/command-line.js";
import { MICROS, parseMicroOptions } from "./options.js";

let said = "";
const write = (text: unknown) => {
  said += text;
  return true;
};
vi.spyOn(process.stderr, "write").mockImplementation(write);

const names = (...args: string[]) => parseMicroOptions(args).micros.map(({ name }) => name);

it("measures all, or those whose names begin so", () => {
  expect(parseMicroOptions([]).micros).toEqual(MICROS);
  expect(names("fifo", "window-de")).toEqual(["window-deep", "fifo"]);
  expect(names("encode-1")).toEqual(["encode-16", "encode-128", "encode-1024"]);
  expect(new Set(names()).size).toBe(MICROS.length);
});

it("compares with a base", () => {
  expect(parseMicroOptions(["fifo", "--base", "v1", "--gate", "0.9"]).base).toEqual({ ref: "v1", gate: 0.9 });
});

it.each([
  [["teleport"], 'There is no "teleport"'],
  [["--rounds", "0"], "a whole number from 1"],
  [["--gate", "0.9"], "--gate needs --base"],
  [["--base", "v1", "--gate", "0.9", "--rounds", "2"], "at least 10 rounds"],
])("%j is refused", (args, why) => {
  said = "";
  expect(() => parseMicroOptions(args)).toThrow(UsageExit);
  expect(said).toContain(why);
});
