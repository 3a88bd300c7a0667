import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BackoffOptions, DEFAULT_BACKOFF, exponential, fixed, further, SHARE_TLS } from "./backoff.js";

const plain: BackoffOptions = { ...DEFAULT_BACKOFF, jitter: 0 };
const full: BackoffOptions = { ...DEFAULT_BACKOFF, jitter: "full" };
const waits = (options: BackoffOptions, random: () => number, count = 8) =>
  Array.from({ length: count }, (_, i) => exponential(options, i + 1, random));

describe("exponential waits", () => {
  it("by default go from 1 s to 30 s, each twice the last", () => {
    expect(waits(plain, Math.random)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("grow by the factor, up to the longest", () => {
    expect(waits({ ...plain, initial: 10, factor: 3, max: 100 }, Math.random, 5)).toEqual([
      10, 30, 90, 100, 100,
    ]);
    expect(waits({ ...plain, initial: 10, factor: 1, max: 100 }, Math.random, 3)).toEqual([10, 10, 10]);
  });

  it("with full jitter lie between a small part of the first and the whole wait", () => {
    expect(exponential(full, 1, () => 0)).toBe(50);
    expect(exponential(full, 5, () => 0)).toBe(50);
    expect(exponential(full, 1, () => 0.999_999_999)).toBeCloseTo(1000, 3);
    expect(exponential(full, 9, () => 0.5)).toBeCloseTo(15_025);
  });

  it("with full jitter are no longer than the outage has lasted, and than the first wait at least", () => {
    const wait = (elapsed: number) => exponential(full, 4, () => 1, elapsed);
    expect([0, 500, 1000, 3000, 8000, 60_000].map(wait)).toEqual([1000, 1000, 1000, 3000, 8000, 8000]);
    const exact = { ...DEFAULT_BACKOFF, jitter: 0 };
    expect(exponential(exact, 4, () => 1, 500)).toBe(8000);
  });

  it("by default have full jitter four times, and lie in the last tenth of the wait then", () => {
    expect(waits(DEFAULT_BACKOFF, () => 0, 6)).toEqual([50, 50, 50, 50, 14_400, 27_000]);
    expect(waits(DEFAULT_BACKOFF, () => 1, 6)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000]);
  });

  it("by default are no longer than a share of what the outage has lasted, and than the first wait at least", () => {
    const wait = (elapsed: number, share?: number) =>
      exponential(DEFAULT_BACKOFF, 9, () => 1, elapsed, share);
    expect([0, 1000, 10_000, 60_000].map((elapsed) => wait(elapsed))).toEqual([1000, 1000, 6500, 30_000]);
    expect([1000, 10_000, 60_000].map((elapsed) => wait(elapsed, SHARE_TLS))).toEqual([1300, 13_000, 30_000]);
    expect(exponential(DEFAULT_BACKOFF, 9, () => 0, 10_000)).toBe(5850);
  });

  it("with a number as jitter lie so far around the wait", () => {
    const options = { ...DEFAULT_BACKOFF, jitter: 0.25 };
    expect(exponential(options, 1, () => 0)).toBe(750);
    expect(exponential(options, 1, () => 0.5)).toBe(1000);
    expect(exponential(options, 1, () => 1)).toBe(1250);
  });

  it("are finite and never a tight loop, however often and whatever the options (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 86_400_000 }),
        fc.integer({ min: 1, max: 86_400_000 }),
        fc.double({ min: 1, max: 1000, noNaN: true }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (a, b, factor, attempt, random) => {
          const [initial, max] = a < b ? [a, b] : [b, a];
          const wait = exponential({ ...DEFAULT_BACKOFF, initial, max, factor }, attempt, () => random);
          expect(wait).toBeGreaterThanOrEqual(initial * 0.05 * 0.999);
          expect(wait).toBeLessThanOrEqual(max * 1.000_001);
        },
      ),
    );
  });

  it("with a number as jitter are never longer than the longest wait (property)", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (jitter, attempt, random) => {
          const wait = exponential({ ...DEFAULT_BACKOFF, jitter }, attempt, () => random);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(DEFAULT_BACKOFF.max * 1.000_001);
        },
      ),
    );
  });
});

describe("a fixed wait", () => {
  it("is what was said, and up to the jitter more", () => {
    expect(fixed(2000, 0, () => 0.9)).toBe(2000);
    expect(fixed(2000, 100, () => 0)).toBe(2000);
    expect(fixed(2000, 100, () => 0.5)).toBe(2050);
    expect(fixed(0, 0, () => 0.5)).toBe(0);
  });
});

describe("the wait for a server that is full", () => {
  it("lies in the upper half of the next step (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 600_000 }),
        fc.constantFrom(1, 1.5, 2, 10),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (initial, more, factor, attempt, random) => {
          const options = { ...DEFAULT_BACKOFF, initial, max: initial + more, factor };
          const wait = further(options, attempt, () => random);
          const step = exponential({ ...options, jitter: 0 }, attempt + 1, () => 0);
          expect(wait).toBeGreaterThanOrEqual(step / 2);
          expect(wait).toBeLessThanOrEqual(step);
        },
      ),
    );
  });
});
