import { describe, expect, it } from "vitest";
import { Meter } from "./meter.js";

function counted(...times: number[]): Meter {
  const meter = new Meter();
  for (const at of times) meter.count(at);
  return meter;
}

describe("the peak", () => {
  it("is that of the busiest window, wherever it begins", () => {
    const meter = counted(0, 950, 1050, 1850, 5000);
    expect(meter.peak(1000)).toBe(3);
    expect(meter.peak(100)).toBe(10);
  });

  it("of several is not the sum of theirs", () => {
    expect(Meter.sum([counted(100, 200), counted(5000)]).peak(1000)).toBe(2);
    expect(Meter.sum([]).peak(1000)).toBe(0);
  });
});

describe("counts per second", () => {
  it("cover the seconds that are asked for", () => {
    expect(counted(0, 999, 1000, 2500, 9000).perSecond(4)).toEqual([2, 1, 1, 0]);
  });
});
