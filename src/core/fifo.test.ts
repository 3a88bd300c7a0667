import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fifo } from "./fifo.js";

describe("a queue", () => {
  it("agrees with an array, over pushes, shifts and clears in bulk (property)", () => {
    const step = fc.record({
      op: fc.constantFrom("push", "push", "shift", "shift", "pop", "clear", "filter"),
      times: fc.constantFrom(1, 3, 400, 1500),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: "max" }), (steps) => {
        const fifo = new Fifo<number>();
        let model: number[] = [];
        let next = 0;
        for (const { op, times } of steps) {
          if (op === "clear" && times === 400) {
            fifo.clear();
            model = [];
          }
          for (let i = 0; i < times && op === "push"; i++) {
            fifo.push(next);
            model.push(next++);
          }
          for (let i = 0; i < times && op === "shift"; i++) {
            const taken = fifo.shift();
            if (taken !== model.shift()) expect.fail(`took ${taken}`);
          }
          for (let i = 0; i < times && op === "pop"; i++) {
            const taken = fifo.pop();
            if (taken !== model.pop()) expect.fail(`took ${taken} from the end`);
          }
          if (op === "filter") {
            fifo.filter((n) => n % 3 > 0);
            model = model.filter((n) => n % 3 > 0);
          }
          expect([fifo.size, fifo.first, fifo.last]).toEqual([model.length, model[0], model.at(-1)]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("of a steady length does not grow with what went through it", () => {
    const fifo = new Fifo<number>();
    for (let i = 0; i < 10; i++) fifo.push(i);
    for (let i = 10; i < 100_000; i++) {
      fifo.push(i);
      if (fifo.shift() !== i - 10) expect.fail(`lost ${i - 10}`);
    }
    const kept = Object.values(fifo).flatMap((part) => (Array.isArray(part) ? part : []));
    expect(kept.length).toBeLessThan(2000);
  });
});
