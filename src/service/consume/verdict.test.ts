import { describe, expect, test } from "vitest";
import { codedError } from "../../checks/coded-error.js";
import { UnrecoverableError } from "../work/unrecoverable.js";
import { DEADLY_MARGIN, isDeadly, verdictOn } from "./verdict.js";

const failed = codedError("HANDLER_FAILED", "failed");
const OURS = { maxDeliver: 3, serverMax: -1 };

describe("after a failure", () => {
  test.each([
    [1, "again"],
    [2, "again"],
    [3, "giveUp"],
    [9, "giveUp"],
  ] as const)("of try %i of 3: %s", (attempts, verdict) => {
    expect(verdictOn(failed, attempts, attempts, OURS)).toBe(verdict);
  });

  test("that another try would not mend, it is given up at once", () => {
    expect(verdictOn(codedError("INVALID_MESSAGE", "x"), 1, 1, OURS)).toBe("giveUp");
    const final = codedError("HANDLER_FAILED", "x", { cause: new UnrecoverableError("y") });
    expect(verdictOn(final, 1, 1, OURS)).toBe("giveUp");
  });

  test("of the last delivery that the server makes, it is given up", () => {
    expect(verdictOn(failed, 2, 2, { maxDeliver: 5, serverMax: 2 })).toBe("giveUp");
    expect(verdictOn(failed, 1, 1, { maxDeliver: 5, serverMax: 2 })).toBe("again");
  });
});

test("a few deliveries without a result prove nothing, many do", () => {
  // Twenty processes that stopped, or were killed, before they had begun with it.
  expect(isDeadly(23, OURS)).toBe(false);
  expect(isDeadly(3 + DEADLY_MARGIN, OURS)).toBe(false);
  expect(isDeadly(4 + DEADLY_MARGIN, OURS)).toBe(true);
});
