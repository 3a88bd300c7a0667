import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ChunkPool } from "../wire/chunk.js";
import { systemClock } from "./clock.js";
import { letRest } from "./rest.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A pool of which so many chunks were in use at the same time. */
function after(burst: number): ChunkPool {
  const pool = new ChunkPool();
  const taken = Array.from({ length: burst }, () => pool.take(1));
  for (const chunk of taken) pool.give(chunk);
  return pool;
}

it("a pool that nobody needs any more lets go of what a burst has left behind, and then nothing wakes the process", () => {
  const pool = after(100);
  letRest(pool, systemClock);
  letRest(pool, systemClock);
  expect(vi.getTimerCount()).toBe(1);
  expect(pool.free).toBe(100);
  vi.advanceTimersByTime(1000);
  expect(pool.free).toBe(4);
  expect(vi.getTimerCount()).toBe(0);
});

it("what one burst after the other needs stays", () => {
  const pool = after(100);
  letRest(pool, systemClock);
  for (let i = 0; i < 50; i++) {
    const taken = Array.from({ length: 30 }, () => pool.take(1));
    for (const chunk of taken) pool.give(chunk);
    vi.advanceTimersByTime(40);
  }
  expect(pool.free).toBe(30);
});

it("a pool that never had many is left alone", () => {
  letRest(after(4), systemClock);
  expect(vi.getTimerCount()).toBe(0);
});
