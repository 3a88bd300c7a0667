import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Lanes } from "./lanes.js";

interface Job {
  id: number;
  key?: string;
}

function setup(concurrency: number) {
  const running: Job[] = [];
  const started: number[] = [];
  const lanes = new Lanes<Job>(concurrency, (job) => {
    running.push(job);
    started.push(job.id);
  });
  const end = (id: number) => {
    const at = running.findIndex((job) => job.id === id);
    const [job] = running.splice(at, 1);
    lanes.done(job.key);
  };
  const add = (id: number, key?: string) => lanes.add({ id, key }, key);
  return { lanes, running, started, end, add };
}

describe("Lanes", () => {
  it("start jobs in order, as many as may run", () => {
    const { lanes, started, end, add } = setup(2);
    for (const id of [1, 2, 3, 4]) add(id);
    expect(started).toEqual([1, 2]);
    expect(lanes).toMatchObject({ running: 2, waiting: 2 });
    end(2);
    expect(started).toEqual([1, 2, 3]);
    end(1);
    end(3);
    end(4);
    expect(lanes).toMatchObject({ running: 0, waiting: 0 });
  });

  it("start jobs of one key one after the other, others beside them", () => {
    const { lanes, started, end, add } = setup(2);
    add(1, "a");
    add(2, "a");
    add(3, "b");
    add(4, "a");
    expect(started).toEqual([1, 3]);
    expect(lanes.waiting).toBe(2);
    end(3);
    expect(started).toEqual([1, 3]);
    end(1);
    expect(started).toEqual([1, 3, 2]);
    end(2);
    end(4);
    expect(started).toEqual([1, 3, 2, 4]);
    expect((lanes as unknown as { lanes: Map<string, unknown> }).lanes.size).toBe(0);
  });

  it("let no job overtake another, also when it comes while others are being started", () => {
    const started: string[] = [];
    const lanes: Lanes<string> = new Lanes(2, (job) => {
      started.push(job);
      if (job === "c") lanes.add("e");
    });
    for (const job of ["a", "b", "c", "d"]) lanes.add(job);
    lanes.running--; // both places are free when the next ones start
    lanes.done();
    expect(started).toEqual(["a", "b", "c", "d"]);
    expect(lanes.waiting).toBe(1);
  });

  it("are no recursion: a hundred thousand that are over at once", () => {
    let ended = 0;
    const lanes: Lanes<number> = new Lanes(1, (job) => {
      if (job === 0) return;
      ended++;
      lanes.done();
    });
    for (let i = 0; i <= 100_000; i++) lanes.add(i);
    lanes.done();
    expect(ended).toBe(100_000);
  });

  it("give what has not started; what runs is not disturbed", () => {
    const { lanes, started, end, add } = setup(2);
    add(1, "a");
    add(2, "a");
    add(3, "b");
    add(4, "c");
    add(5, "c");
    add(6);
    expect(lanes.takeWaiting().map(({ id }) => id)).toEqual([4, 5, 6, 2]);
    expect(lanes).toMatchObject({ running: 2, waiting: 0 });
    add(7, "a");
    add(8, "c");
    end(3);
    end(1);
    expect(started).toEqual([1, 3, 8, 7]);
    end(7);
    end(8);
    expect(lanes).toMatchObject({ running: 0, waiting: 0 });
  });

  it("go on behind a job whose start has thrown", () => {
    const started: string[] = [];
    const lanes: Lanes<string> = new Lanes(1, (job) => {
      if (job === "b") throw new Error("bug");
      started.push(job);
    });
    for (const job of ["a", "b", "c"]) lanes.add(job);
    expect(() => lanes.done()).toThrow("bug");
    lanes.done();
    expect(started).toEqual(["a", "c"]);
  });

  it("give back a place alone, and the key later", () => {
    const { lanes, started, add } = setup(1);
    add(1, "a");
    add(2, "a");
    add(3, "b");
    lanes.done();
    expect(started).toEqual([1, 3]);
    expect(lanes).toMatchObject({ running: 1, waiting: 1, ready: 0 });
    lanes.freeKey("a");
    expect(lanes).toMatchObject({ running: 1, waiting: 1, ready: 1 });
    lanes.done("b");
    expect(started).toEqual([1, 3, 2]);
  });

  it("keep their promises in any order of arrivals and ends", () => {
    const steps = fc.array(fc.oneof(fc.constantFrom("a", "b", "c", ""), fc.nat(7)), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), steps, (concurrency, what) => {
        const { lanes, running, started, end, add } = setup(concurrency);
        const keys: (string | undefined)[] = [];
        for (const step of what) {
          if (typeof step === "string") {
            const key = step === "" ? undefined : step;
            keys.push(key);
            add(keys.length - 1, key);
          } else if (running.length > 0) end(running[step % running.length].id);
          const taken = running.map(({ key }) => key).filter((key) => key !== undefined);
          expect(new Set(taken).size).toBe(taken.length);
          expect(running.length).toBeLessThanOrEqual(concurrency);
          expect(lanes.running).toBe(running.length);
          expect(started.length + lanes.waiting).toBe(keys.length);
        }
        while (running.length > 0) end(running[0].id);
        expect(started.length).toBe(keys.length);
        for (const key of ["a", "b", "c", undefined]) {
          const own = started.filter((id) => keys[id] === key);
          expect(own).toEqual(own.toSorted((x, y) => x - y));
        }
      }),
    );
  });
});
