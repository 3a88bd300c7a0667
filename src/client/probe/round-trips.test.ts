import { expect, it } from "vitest";
import { summary } from "./round-trips.js";

it("sums round trips up", () => {
  expect(summary([], 3)).toEqual({ sent: 3, received: 0, lost: 3 });
  expect(summary([4], 1)).toEqual({
    sent: 1,
    received: 1,
    lost: 0,
    best: 4,
    median: 4,
    p99: 4,
    worst: 4,
    jitter: 0,
  });
  expect(summary([10, 20, 10, 50], 5)).toEqual({
    sent: 5,
    received: 4,
    lost: 1,
    best: 10,
    median: 15,
    p99: 50,
    worst: 50,
    jitter: 20,
  });
});

it("the 99th percentile of two hundred leaves the two worst out", () => {
  const trips = Array.from({ length: 200 }, (_, index) => index + 1);
  expect(summary(trips, 200)).toMatchObject({ p99: 198, median: 100.5, worst: 200, jitter: 1 });
});
