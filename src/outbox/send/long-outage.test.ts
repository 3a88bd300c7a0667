import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LongOutage } from "./long-outage.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("is told when the threshold has passed since the outage began, and not if it has ended before", () => {
  const told = vi.fn();
  const outage = new LongOutage(10_000, told);
  outage.begin();
  vi.advanceTimersByTime(9_999);
  outage.end();
  vi.advanceTimersByTime(10_000);
  expect(told).not.toHaveBeenCalled();
  outage.begin();
  vi.advanceTimersByTime(5_000);
  outage.begin();
  vi.advanceTimersByTime(9_999);
  expect(told).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(told).toHaveBeenCalledOnce();
});

it.each([Number.POSITIVE_INFINITY, 2 ** 31])("is never told with a threshold of %d ms", (threshold) => {
  const told = vi.fn();
  new LongOutage(threshold, told).begin();
  expect(vi.getTimerCount()).toBe(0);
});
