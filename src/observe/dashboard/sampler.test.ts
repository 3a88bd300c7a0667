import { beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "../../../test/observe/support/fake-clock.js";
import { Sampler } from "./sampler.js";

let clock: FakeClock;
let beats: [number, number][];
let sampler: Sampler;
beforeEach(() => {
  clock = new FakeClock(1_000_300);
  beats = [];
  sampler = new Sampler(clock, (missed) => beats.push([clock.now(), missed]));
});

describe("samples", () => {
  it("are taken on the second", () => {
    clock.pass(3_000);
    expect(beats).toEqual([
      [1_001_000, 0],
      [1_002_000, 0],
      [1_003_000, 0],
    ]);
  });

  it("are taken once in each second, also with timers that are late or early", () => {
    for (let i = 0; i < 100; i++) {
      clock.stall(i % 2 === 0 ? 30 : 0);
      clock.offset -= i % 3 === 0 ? 1 : -1;
      clock.pass(1_000);
    }
    expect(beats.length).toBeGreaterThan(98);
    expect(beats.every(([, missed]) => missed === 0)).toBe(true);
    const seconds = beats.map(([at]) => Math.round(at / 1_000));
    expect(new Set(seconds).size).toBe(seconds.length);
  });

  it("tell of the seconds in which the process did not run", () => {
    clock.pass(700);
    clock.stall(10_000);
    clock.pass(1_000);
    expect(beats).toEqual([
      [1_001_000, 0],
      [1_011_000, 9],
      [1_012_000, 0],
    ]);
  });

  it("tell of those in which the machine slept, and the monotonic clock with it", () => {
    clock.pass(700);
    clock.offset += 60_000;
    clock.pass(1_000);
    expect(beats.map(([, missed]) => missed)).toEqual([0, 60]);
  });

  it("go on when the clock is set back, and are not lost in a clock that is set forward by years", () => {
    clock.pass(700);
    clock.offset -= 1_000_000;
    clock.pass(2_000);
    clock.offset += 1e12;
    clock.pass(1_000);
    expect(beats.map(([, missed]) => missed)).toEqual([0, 0, 0, 3_600]);
  });

  it("end with it, and leave no timer", () => {
    sampler.close();
    clock.pass(10_000);
    expect(beats).toEqual([]);
    expect(clock.waiting).toBe(0);
  });
});
