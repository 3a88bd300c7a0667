import { describe, expect, it } from "vitest";
import { STATES, type StateName } from "../dashboard/protocol.js";
import { LOOKS, lookOf, worst } from "./states.js";

describe("the look of a state", () => {
  it("has a shape of its own for each", () => {
    expect(new Set(STATES.map((state) => LOOKS[state].shape)).size).toBe(STATES.length);
  });

  it("is there for a state of tomorrow, too", () => {
    expect(lookOf("moving" as StateName).tone).toBe("busy");
  });

  it("of several is the worst", () => {
    expect(worst(["good", "bad", "idle"])).toBe("bad");
    expect(worst(["good", "good"])).toBe("good");
    expect(worst([])).toBe("idle");
  });
});
