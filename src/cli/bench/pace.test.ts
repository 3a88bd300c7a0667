import { expect, it } from "vitest";
import { Pace } from "./pace.js";

it("lets a publisher go on without a wait only between looks, and never when it is over", async () => {
  const stop = new AbortController();
  const pace = new Pace(undefined, undefined, stop.signal);
  expect(await pace.next()).toBe(true);
  pace.sent();
  expect(pace.free).toBe(true);
  stop.abort();
  expect(pace.free).toBe(false);
  expect(await pace.next()).toBe(false);
});

it("is over when the time is", async () => {
  let now = 0;
  const pace = new Pace(undefined, 2, new AbortController().signal, () => now);
  now = 1999;
  expect(await pace.next()).toBe(true);
  now = 2000;
  expect(await pace.next()).toBe(false);
});

it("has as many due as the time that has passed", async () => {
  let now = 0;
  const stop = new AbortController();
  const pace = new Pace(1000, undefined, stop.signal, () => now);
  now = 2.5;
  for (let i = 0; i < 3; i++) {
    expect(await pace.next()).toBe(true);
    pace.sent();
    expect(pace.free).toBe(false);
  }
  // The next one is due at 3 ms: it waits.
  const next = pace.next();
  stop.abort();
  expect(await next).toBe(false);
});
