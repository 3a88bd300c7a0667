import { describe, expect, it } from "vitest";
import { reduce } from "./reduce.js";

describe("reducing", () => {
  it("leaves nothing that is not needed", async () => {
    const input = { a: "some text with a needle in it", list: ["x", "pin", "y"], kept: 5 };
    const fails = async (one: typeof input) => one.a.includes("needle") && one.list.includes("pin");
    expect(await reduce(input, fails, 1000)).toEqual({ a: "needle", list: ["pin"], kept: 5 });
  });

  it("leaves alone what fails only as it is", async () => {
    expect(await reduce({ a: "abc" }, async () => false, 1000)).toEqual({ a: "abc" });
  });
});
