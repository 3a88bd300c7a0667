import { describe, expect, it } from "vitest";
import { Pace } from "./pace.js";

describe("a pace", () => {
  it("is as many messages as the time that has passed", () => {
    const pace = new Pace(10_000, 0, 0);
    expect(pace.due(1, 0)).toBe(10);
    expect(pace.due(2.55, 10)).toBe(15);
    expect(pace.due(2.6, 25)).toBe(1);
  });

  it("makes up for a short delay, and skips the rest of a long one", () => {
    const pace = new Pace(1000, 0, 0);
    expect(pace.due(90, 0)).toBe(90);
    expect(pace.due(2090, 90)).toBe(100);
    expect(pace.due(2100, 190)).toBe(10);
  });

  it("does not make up for a pause after which it was begun anew", () => {
    const pace = new Pace(1000, 0, 0);
    pace.restart(5000, 7);
    expect(pace.due(5010, 7)).toBe(10);
  });
});
