import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RetryWaits } from "./retry-waits.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("waits are over when they are due", () => {
  const waits = new RetryWaits();
  const told: [string, boolean][] = [];
  waits.wait(100, (isDue) => told.push(["first", isDue]));
  waits.wait(50, (isDue) => told.push(["second", isDue]));
  vi.advanceTimersByTime(50);
  expect(told).toEqual([["second", true]]);
  vi.advanceTimersByTime(50);
  expect(told).toEqual([
    ["second", true],
    ["first", true],
  ]);
});

it("ended, all are over at once, in order, and those to come as well; no timer is left", () => {
  const waits = new RetryWaits();
  const told: string[] = [];
  waits.wait(100, (isDue) => {
    told.push(`first ${isDue}`);
    waits.wait(100, (isNextDue) => told.push(`next ${isNextDue}`));
  });
  waits.wait(50, (isDue) => told.push(`second ${isDue}`));
  waits.end();
  expect(told).toEqual(["first false", "next false", "second false"]);
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(told).toHaveLength(3);
});
