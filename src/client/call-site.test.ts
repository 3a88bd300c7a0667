import { describe, expect, it } from "vitest";
import { calledAt, callSite } from "./call-site.js";

describe("the place of a call", () => {
  it("is added to the stack of an error that is made elsewhere", () => {
    function requester() {
      return callSite();
    }
    function request() {
      return requester();
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
  });

  it("is not put into words before somebody asks, and can be overwritten", () => {
    const site = callSite();
    let read = 0;
    const { stack } = site;
    const get = () => {
      read++;
      return stack;
    };
    Object.defineProperty(site, "stack", { get });
    const error = calledAt(new Error("late"), site);
    expect(read).toBe(0);
    expect([error.stack, error.stack][1]).toMatch(/^Error: late\ncalled:/);
    expect(read).toBe(1);
    error.stack = "mine";
    expect(error.stack).toBe("mine");
    expect(Object.keys(error)).toEqual([]);
  });
});
