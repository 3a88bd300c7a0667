import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isWithin, OutcomeWaits } from "./outcome-waits.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("OutcomeWaits", () => {
  it("wakes who waits for a condition, when it holds", async () => {
    const waits = new OutcomeWaits();
    let room = 0;
    let woken = false;
    void waits.until(() => room > 1).then(() => (woken = true));
    for (const now of [0, 1, 2]) {
      room = now;
      waits.came(now);
      await vi.advanceTimersByTimeAsync(0);
      expect(woken).toBe(now === 2);
    }
    await waits.until(() => true);
  });

  it("a flush waits for what was published before it, and no more", async () => {
    const waits = new OutcomeWaits();
    expect(await waits.flush(7, 0, 1_000)).toBe(0);
    let left: number | undefined;
    void waits.flush(3, 2, 1_000).then((now) => (left = now));
    waits.came(4);
    waits.came(2);
    await vi.advanceTimersByTimeAsync(0);
    expect(left).toBeUndefined();
    waits.came(3);
    await vi.advanceTimersByTimeAsync(0);
    expect(left).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("says how many are missing when the time is over", async () => {
    const waits = new OutcomeWaits();
    const flushed = waits.flush(3, 3, 1_000);
    waits.came(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await flushed).toBe(2);
    waits.came(2);
  });
});

it("a deadline leaves no timer, whichever comes first", async () => {
  expect(await isWithin(1_000, Promise.resolve())).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  const late = isWithin(1_000, new Promise(() => {}));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await late).toBe(false);
  await expect(isWithin(1_000, Promise.reject(new Error("x")))).rejects.toThrow("x");
  expect(vi.getTimerCount()).toBe(0);
});
