import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Deadlines, type Timed } from "./deadlines.js";

interface Item extends Timed {
  readonly name: number;
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant("add" as const), n: fc.nat(999) }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant("remove" as const), n: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant("due" as const), n: fc.nat(300) }) },
);

describe("deadlines", () => {
  it("agree with a sorted array: the nearest is at hand, any can be taken out (property)", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
        const heap = new Deadlines<Item>();
        let model: Item[] = [];
        for (const [name, { op, n }] of steps.entries()) {
          if (op === "add") {
            const item: Item = { name, deadline: n, heapIndex: -1 };
            heap.add(item);
            model.push(item);
          } else if (op === "remove" && model.length > 0) {
            const item = model[n % model.length];
            heap.remove(item);
            expect(item.heapIndex).toBe(-1);
            model = model.filter((other) => other !== item);
          } else if (op === "due") {
            const nearest = Math.min(...model.map((item) => item.deadline));
            const due = heap.takeDue(n);
            expect(due?.deadline).toBe(nearest <= n ? nearest : undefined);
            model = model.filter((other) => other !== due);
          }
          const next = Math.min(Number.POSITIVE_INFINITY, ...model.map((item) => item.deadline));
          if (heap.size !== model.length || heap.next !== next) expect.fail(`next ${heap.next}, not ${next}`);
        }
        const rest: number[] = [];
        for (let due = heap.takeDue(999); due !== undefined; due = heap.takeDue(999)) rest.push(due.deadline);
        expect(rest).toEqual(model.map((item) => item.deadline).sort((a, b) => a - b));
      }),
      { numRuns: 300 },
    );
  });

  it("take out what is not there without harm", () => {
    const heap = new Deadlines<Item>();
    const item: Item = { name: 0, deadline: 1, heapIndex: -1 };
    const other: Item = { name: 1, deadline: 2, heapIndex: -1 };
    heap.add(item);
    heap.add(other);
    heap.remove(item);
    heap.remove(item);
    expect(heap.size).toBe(1);
    expect(heap.takeDue(2)).toBe(other);
  });
});
