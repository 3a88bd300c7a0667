import { describe, expect, it } from "vitest";
import type { Intake } from "./intake.js";
import { Pressure } from "./pressure.js";

/** What is told when the buffer is as full as this, step by step. */
function told(...levels: number[]) {
  const intake = { fullness: 0 };
  const pressure = new Pressure(intake as Intake);
  return levels.map((fullness) => {
    intake.fullness = fullness;
    return pressure.changed();
  });
}

describe("the level of the buffer", () => {
  it("is high from 80 %, and normal again below 60 %", () => {
    expect(told(0.79, 0.8)).toEqual([undefined, "high"]);
    expect(told(0.9, 0.6, 0.59)).toEqual(["high", undefined, "normal"]);
  });

  it("is told once for each change, and does not flutter between the two marks", () => {
    expect(told(0.8, 0.79, 0.8, 0.7, 0.81, 1)).toEqual(["high", ...Array(5).fill(undefined)]);
    expect(told(0.9, 0.5, 0.7, 0.79, 0.61, 0)).toEqual(["high", "normal", ...Array(4).fill(undefined)]);
  });

  it("begins as normal, and may change any number of times", () => {
    expect(told(0, 1, 0, 2, 0)).toEqual([undefined, "high", "normal", "high", "normal"]);
  });
});
