import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { parsed, UsageExit, whole } from "./command-line.js";

/** With one option; what it says goes nowhere. */
const command = () =>
  new Command()
    .option("--n <n>", "", whole(2, 30), 7)
    .configureOutput({ writeErr() {}, writeOut() {} })
    .exitOverride();

function read(...args: string[]): number {
  const given = command();
  return parsed(given, args, () => given.opts().n);
}

/** The status of a command line that is not taken. */
function status(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof UsageExit) return error.status;
    throw error;
  }
  throw new Error("it was taken");
}

describe("a command line", () => {
  it("is read when it was parsed", () => {
    expect([read(), read("--n", "2"), read("--n", "30")]).toEqual([7, 2, 30]);
  });

  it.each(["1", "31", "2.5", "1e1", "-3", "", "many"])(
    "with %j as a whole number from 2 to 30 is wrong",
    (n) => {
      expect(status(() => read(`--n=${n}`))).toBe(2);
    },
  );

  it("that is refused when it is read is wrong; one that asks for help is not", () => {
    const given = command();
    expect(status(() => parsed(given, [], () => given.error("error: that does not go")))).toBe(2);
    expect(status(() => read("--help"))).toBe(0);
  });

  it("lets other errors through", () => {
    const fails = () => {
      throw new TypeError("broken");
    };
    expect(() => parsed(command(), [], fails)).toThrow(TypeError);
  });
});
