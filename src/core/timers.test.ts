import { describe, expect, it } from "vitest";
import { TIMERS, Timers } from "./timers.js";

describe("timers", () => {
  it("are none at first, and the nearest of those that are set is the next", () => {
    const timers = new Timers();
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
    timers.set("ping", 30);
    timers.set("stall", 20);
    expect(timers.next).toBe(20);
    timers.set("stall", 40);
    expect(timers.next).toBe(30);
    timers.clear("ping");
    expect(timers.next).toBe(40);
  });

  it.each(TIMERS)("%s is taken once, when its time has come and not before", (name) => {
    const timers = new Timers();
    expect(timers.isSet(name)).toBe(false);
    expect(timers.take(name, 1e12)).toBe(false);
    timers.set(name, 10);
    expect(timers.isSet(name)).toBe(true);
    expect(timers.take(name, 9.99)).toBe(false);
    expect(timers.take(name, 10)).toBe(true);
    expect(timers.take(name, 10)).toBe(false);
    expect(timers.isSet(name)).toBe(false);
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
  });

  it("are all gone after clearAll", () => {
    const timers = new Timers();
    for (const name of TIMERS) timers.set(name, 5);
    timers.clearAll();
    expect(timers.next).toBe(Number.POSITIVE_INFINITY);
    for (const name of TIMERS) expect(timers.isSet(name)).toBe(false);
  });
});
