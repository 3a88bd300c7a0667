import { describe, expect, it } from "vitest";
import { endWith, WrongUse } from "./ended.js";

describe("the end of a command", () => {
  it("is one line without a stack, with the code that programs look for", () => {
    const error = Object.assign(new Error("outbox /x: read failed:\n  EIO"), { code: "OUTBOX_FAILED" });
    expect(endWith(error)).toEqual({
      line: "holdfast: outbox /x: read failed:; EIO (OUTBOX_FAILED)\n",
      code: 1,
    });
  });

  it("has nothing that a terminal would obey, such as a path may have", () => {
    expect(endWith(new Error("outbox /x\u001b[2J: no")).line).toBe("holdfast: outbox /x?[2J: no\n");
  });

  it("names a code that the text has already only once", () => {
    const error = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT" });
    expect(endWith(error).line).toBe("holdfast: ENOENT: no such file\n");
  });

  it.each([
    ["servers", 'option "servers" must name at least one server', "--server must name at least one server"],
    ["olderThan", 'option "olderThan" must be more', "--older-than must be more"],
    ["path", 'option "path" must not be empty', "the path of the outbox must not be empty"],
  ])("names option %s as the command line has it", (option, message, line) => {
    const error = Object.assign(new Error(message), { code: "INVALID_OPTION", option });
    expect(endWith(error).line).toBe(`holdfast: ${line} (INVALID_OPTION)\n`);
  });

  it.each([
    [new WrongUse("choose one"), 2],
    [Object.assign(new Error("x"), { code: "INVALID_ARGUMENT" }), 2],
    [Object.assign(new Error("x"), { code: "INVALID_OPTION" }), 2],
    [Object.assign(new Error("x"), { code: "OUTBOX_IN_USE" }), 1],
    ["text", 1],
  ])("of %s has exit code %i", (error, code) => {
    expect(endWith(error).code).toBe(code);
  });
});
