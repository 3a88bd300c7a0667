import { describe, expect, it } from "vitest";
import { World } from "../sim/world.js";
import { VirtualClock } from "./virtual-clock.js";

function make(lateness = 0) {
  const world = new World(1);
  return { world, clock: new VirtualClock(world, () => 0.1, lateness) };
}

describe("a virtual clock", () => {
  it("calls back when the world's time has come, in Node's whole milliseconds", () => {
    const { world, clock } = make();
    const begin = clock.now();
    const called: [string, number][] = [];
    for (const ms of [5, 2.9, 0, -3]) clock.setTimeout(() => called.push([`${ms}`, clock.now() - begin]), ms);
    clock.setImmediate(() => called.push(["immediate", clock.now() - begin]));
    while (world.step());
    expect(called).toEqual([
      ["immediate", 0],
      ["0", 1],
      ["-3", 1],
      ["2.9", 2],
      ["5", 5],
    ]);
  });

  it("may be late, and is never early", () => {
    const { world, clock } = make(20);
    const begin = clock.now();
    clock.setTimeout(() => {}, 10);
    while (world.step());
    expect(clock.now() - begin).toBe(12);
  });

  it("knows what is under way, and forgets what was cleared or has fired", () => {
    const { world, clock } = make();
    let called = 0;
    const one = clock.setTimeout(() => called++, 5);
    const other = clock.setTimeout(() => called++, 5);
    expect(clock.pending).toBe(2);
    clock.clearTimeout(one);
    clock.clearTimeout(one);
    clock.clearTimeout(undefined);
    while (world.step());
    clock.clearTimeout(other);
    expect([called, clock.pending]).toEqual([1, 0]);
  });

  it("waits while the client's process is frozen", () => {
    const { world, clock } = make();
    const begin = clock.now();
    world.freeze(100);
    clock.setTimeout(() => {}, 5);
    while (world.step());
    expect(clock.now() - begin).toBe(100);
  });

  it("takes Infinity for a very long time", () => {
    const { world, clock } = make();
    const timer = clock.setTimeout(() => {}, Number.POSITIVE_INFINITY);
    world.pass(1_000_000);
    expect(clock.pending).toBe(1);
    clock.clearTimeout(timer);
  });
});
