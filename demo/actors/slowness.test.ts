import { describe, expect, it } from "vitest";
import { Slowness } from "./slowness.js";

function slowness() {
  const world = { time: 1000, pauses: [] as number[] };
  const slow = new Slowness(
    () => world.time,
    (ms) => {
      world.pauses.push(ms);
      world.time += ms;
    },
  );
  return { world, slow };
}

describe("a slow handler", () => {
  it("costs nothing until it begins", () => {
    const { world, slow } = slowness();
    for (let i = 0; i < 1000; i++) slow.endure();
    expect(world.pauses).toEqual([]);
  });

  it("takes its time for every message, in pauses that can be kept, and comes to an end", () => {
    const { world, slow } = slowness();
    slow.begin(100, 0.5);
    for (let i = 0; i < 1000; i++) slow.endure();
    expect(new Set(world.pauses)).toEqual(new Set([5]));
    // 0.5 ms each: 200 messages in 100 ms; the other 800 cost nothing.
    expect(world.time).toBe(1100);
  });

  it("can be slow for a second time", () => {
    const { world, slow } = slowness();
    slow.begin(10, 10);
    slow.endure();
    slow.begin(10, 10);
    slow.endure();
    slow.endure();
    expect(world.pauses).toEqual([10, 10]);
  });
});
