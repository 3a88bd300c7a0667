import { describe, expect, it } from "vitest";
import { MIN_SECONDS, planSchedule, QUIET_TAIL, type Step } from "./schedule.js";

const LENGTHS = [5, 6, 7.5, 10, 15, 20, 30, 60, 300];
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed * 7919);

function everySchedule(check: (steps: Step[], seconds: number) => void): void {
  for (const seconds of LENGTHS) for (const seed of SEEDS) check(planSchedule(seed, seconds), seconds);
}

describe("the schedule of kills", () => {
  it("depends on the seed and the length alone", () => {
    everySchedule((_steps, seconds) => {
      expect(planSchedule(5, seconds)).toEqual(planSchedule(5, seconds));
    });
    expect(planSchedule(1, 20)).not.toEqual(planSchedule(2, 20));
  });

  it("has every kind of step in the default length", () => {
    for (const seed of SEEDS) {
      const steps = planSchedule(seed, 20);
      expect(new Set(steps.map((step) => step.target))).toEqual(
        new Set(["publisher", "subscriber", "idle", "all"]),
      );
      expect(steps.filter((step) => step.young)).toHaveLength(1);
    }
  });

  it("kills all nodes at once in any length", () => {
    everySchedule((steps) => {
      expect(steps.some((step) => step.target === "all")).toBe(true);
    });
  });

  it("hits the publisher's own node in any length", () => {
    everySchedule((steps) => {
      expect(steps.some((step) => step.target === "publisher")).toBe(true);
    });
  });

  it("leaves all nodes up and a quiet tail", () => {
    everySchedule((steps, seconds) => {
      for (const step of steps) expect(step.at + step.down).toBeLessThanOrEqual(seconds * 1000 - QUIET_TAIL);
    });
  });

  it("never has two nodes down by different steps", () => {
    everySchedule((steps) => {
      for (let i = 1; i < steps.length; i++) {
        expect(steps[i].at).toBeGreaterThan(steps[i - 1].at + steps[i - 1].down);
      }
    });
  });

  it("keeps to whole, positive milliseconds", () => {
    everySchedule((steps) => {
      for (const { at, down } of steps) {
        expect(Number.isInteger(at) && Number.isInteger(down)).toBe(true);
        expect(at).toBeGreaterThan(0);
        expect(down).toBeGreaterThan(50);
      }
    });
  });

  it("refuses a length that holds no schedule", () => {
    expect(() => planSchedule(1, MIN_SECONDS - 0.1)).toThrow(RangeError);
    expect(() => planSchedule(1, Number.NaN)).toThrow(RangeError);
  });
});
