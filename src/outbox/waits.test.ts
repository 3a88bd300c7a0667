import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Waits } from "./waits.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("ends with what was waited for, or at the timeout, and leaves no timer", async () => {
  const waits = new Waits();
  const patient = waits.empty(undefined);
  const hasty = waits.empty(100);
  const later = waits.empty(200);
  vi.advanceTimersByTime(100);
  expect(await hasty).toBe(false);
  waits.quieted();
  waits.emptied();
  expect(await patient).toBe(true);
  expect(await later).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

it("tells those who do not wait for a link apart", async () => {
  const waits = new Waits();
  const ended: string[] = [];
  void waits.empty(1000).then((isEmpty) => ended.push(`empty ${isEmpty}`));
  void waits.empty(1000, true).then((isEmpty) => ended.push(`stop ${isEmpty}`));
  waits.stuck();
  await Promise.resolve();
  expect(ended).toEqual(["stop true"]);
  expect(vi.getTimerCount()).toBe(1);
});

it("waits for quiet, but not for ever", async () => {
  const waits = new Waits();
  const first = waits.untilQuiet(5000);
  waits.emptied();
  waits.stuck();
  expect(vi.getTimerCount()).toBe(1);
  waits.quieted();
  await first;
  const second = waits.untilQuiet(5000);
  vi.advanceTimersByTime(5000);
  await second;
  expect(vi.getTimerCount()).toBe(0);
});
