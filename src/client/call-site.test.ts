import { describe, expect, it } from "vitest";
import { calledAt, callSite } from "./call-site.js";

describe("the place of a call", () => {
  it("is added to the stack of an error that is made elsewhere", () => {
    function request() {
      return callSite();
    }
    function application() {
      return request();
    }
    const site = application();
    const error = calledAt(new Error("late"), site);
    const [, below] = error.stack!.split("called:");
    expect(error.stack).toMatch(/^Error: late\n/);
    expect(below).toMatch(/^\n\s+at application /);
    expect(below).not.toContain("at request ");
  });

  it("changes nothing when there is none", () => {
    const error = new Error("late");
    const { stack } = error;
    expect(calledAt(error, undefined).stack).toBe(stack);
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    const site = callSite();
    Error.stackTraceLimit = stackTraceLimit;
    expect(calledAt(error, site).stack).toBe(stack);
  });
});
