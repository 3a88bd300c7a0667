import { expect, it } from "vitest";
import { measureAll } from "./runner.js";

/** A clock that goes on only when something is done. */
class Work {
  time = 0;
  readonly done: string[] = [];
  readonly now = () => this.time;

  /** Each operation takes so many ms. */
  taking(ms: number, name = "") {
    return (count: number) => {
      this.time += ms * count;
      this.done.push(name);
      return count;
    };
  }
}

it("says how many nanoseconds one operation takes", () => {
  const work = new Work();
  const all = new Map([
    ["fast", work.taking(0.001)],
    ["slow", work.taking(0.5)],
  ]);
  const found = measureAll(all, { now: work.now, warm: 100, sample: 10, rounds: 4 });
  expect(found.get("fast")).toHaveLength(4);
  for (const ns of found.get("fast")!) expect(ns).toBeCloseTo(1000);
  for (const ns of found.get("slow")!) expect(ns).toBeCloseTo(500_000);
});

it("takes as many operations as a sample lasts, whatever they cost", () => {
  const work = new Work();
  const all = new Map([["one", work.taking(0.25)]]);
  measureAll(all, { now: work.now, warm: 0, sample: 10, rounds: 0 });
  const before = work.time;
  measureAll(all, { now: work.now, warm: 0, sample: 10, rounds: 5 });
  // The warming up doubles up to the length of a sample; then five samples of 10 ms.
  expect(work.time - before - before).toBeCloseTo(50);
});

it("counts what was done when that is more than was asked for", () => {
  const work = new Work();
  const inBatches = (count: number) => work.taking(0.5)(Math.ceil(count / 100) * 100);
  const found = measureAll(new Map([["one", inBatches]]), { now: work.now, warm: 0, sample: 10, rounds: 2 });
  expect(found.get("one")![0]).toBeCloseTo(500_000);
});

it("takes turns, and does not always begin with the same one", () => {
  const work = new Work();
  const all = new Map(["a", "b"].map((name) => [name, work.taking(20, name)]));
  measureAll(all, { now: work.now, warm: 0, sample: 10, rounds: 2 });
  expect(work.done.slice(-4)).toEqual(["a", "b", "b", "a"]);
});
