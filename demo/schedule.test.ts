import { describe, expect, it } from "vitest";
import { FREEZE, FULL_SECONDS, MIN_SECONDS, planSchedule, QUIET_TAIL, type Step } from "./schedule.js";

const LENGTHS = [5, 6, 7.5, 10, 15, 20, 30, FULL_SECONDS, 60, 300];
const SEEDS = Array.from({ length: 40 }, (_, seed) => seed * 7919);

function everySchedule(check: (steps: Step[], seconds: number) => void): void {
  for (const seconds of LENGTHS) for (const seed of SEEDS) check(planSchedule(seed, seconds), seconds);
}

describe("the schedule of faults", () => {
  it("depends on the seed and the length alone", () => {
    everySchedule((_steps, seconds) => {
      expect(planSchedule(5, seconds)).toEqual(planSchedule(5, seconds));
    });
    expect(planSchedule(1, FULL_SECONDS)).not.toEqual(planSchedule(2, FULL_SECONDS));
  });

  it("has every fault and every role in the default length, at its full length", () => {
    for (const seed of SEEDS) {
      const steps = planSchedule(seed, FULL_SECONDS);
      expect(
        new Set(steps.map((step) => `${step.fault} ${step.target}${step.young ? " young" : ""}`)),
      ).toEqual(
        new Set([
          "kill publisher",
          "kill publisher young",
          "kill subscriber",
          "kill idle",
          "term publisher",
          "freeze publisher",
          "double-kill publisher",
          "hang publisher",
          "all-down all",
          "slow subscriber",
        ]),
      );
      expect(steps.find(({ fault }) => fault === "all-down")?.down).toBe(3000);
      expect(steps.find(({ fault }) => fault === "slow")?.down).toBe(2000);
    }
  });

  it("kills all nodes at once in any length", () => {
    everySchedule((steps) => {
      expect(steps.some(({ fault }) => fault === "all-down")).toBe(true);
    });
  });

  it("kills the publisher's own node in any length, and begins with it", () => {
    everySchedule(([first]) => {
      expect(first).toMatchObject({ fault: "kill", target: "publisher", young: false });
    });
  });

  it("freezes long enough to be noticed, or not at all", () => {
    everySchedule((steps, seconds) => {
      const frozen = steps.filter(({ fault }) => fault === "freeze");
      expect(frozen.every(({ down }) => down === FREEZE)).toBe(true);
      if (seconds <= 15) expect(frozen).toEqual([]);
    });
  });

  it("leaves all nodes up and a quiet tail", () => {
    everySchedule((steps, seconds) => {
      for (const step of steps) expect(step.at + step.down).toBeLessThanOrEqual(seconds * 1000 - QUIET_TAIL);
    });
  });

  it("never has two faults at a time", () => {
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
