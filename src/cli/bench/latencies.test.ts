import { describe, expect, it } from "vitest";
import { Latencies } from "./latencies.js";

describe("latencies", () => {
  it("are told in percentiles that are off by 2 % at most", () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 10_000; ms++) latencies.add(ms / 100);
    const { count, min, p50, p90, p99, p999, max } = latencies.percentiles()!;
    expect({ count, min, max }).toEqual({ count: 10_000, min: 0.01, max: 100 });
    for (const [told, real] of [
      [p50, 50],
      [p90, 90],
      [p99, 99],
      [p999, 99.9],
    ]) {
      expect(told).toBeGreaterThanOrEqual(real);
      expect(told).toBeLessThanOrEqual(real * 1.02);
    }
  });

  it("are never beyond what there was", () => {
    const latencies = new Latencies();
    latencies.add(5);
    expect(latencies.percentiles()).toEqual({ count: 1, min: 5, p50: 5, p90: 5, p99: 5, p999: 5, max: 5 });
  });

  it("leave out what is no time, and bear the shortest and the longest", () => {
    const latencies = new Latencies();
    for (const ms of [Number.NaN, -1, Number.NEGATIVE_INFINITY]) latencies.add(ms);
    expect(latencies.percentiles()).toBeUndefined();
    latencies.add(0);
    latencies.add(1e12);
    expect(latencies.percentiles()).toMatchObject({ count: 2, min: 0, max: 1e12 });
  });
});
