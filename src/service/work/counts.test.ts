import { describe, expect, it } from "vitest";
import { Counts } from "./counts.js";

describe("Counts", () => {
  it("gives what it has counted, with what runs and waits", () => {
    const counts = new Counts();
    counts.handled = 3;
    counts.retried++;
    expect(counts.snapshot(2, 7)).toMatchObject({
      inFlight: 2,
      waiting: 7,
      handled: 3,
      retried: 1,
      failed: 0,
    });
  });

  it.each([
    [0, 0],
    [0.3, 0],
    [1, 0],
    [1.01, 1],
    [5, 1],
    [60_000, 10],
    [60_001, 11],
  ])("counts %d ms in bucket %d", (ms, bucket) => {
    const counts = new Counts();
    counts.took(ms);
    const { durations } = counts.snapshot(0, 0);
    expect(durations.counts[bucket]).toBe(1);
    expect(durations).toMatchObject({ sum: ms, count: 1 });
    expect(durations.bounds).toHaveLength(durations.counts.length - 1);
  });

  it("gives a copy", () => {
    const counts = new Counts();
    const before = counts.snapshot(0, 0);
    counts.took(0.5);
    counts.handled++;
    expect(before.durations.counts[0]).toBe(0);
    expect(before.handled).toBe(0);
  });
});
