import { describe, expect, it } from "vitest";
import { Fifo } from "./fifo.js";

describe("Fifo", () => {
  it("gives in the order in which it got, across its own moves", () => {
    const fifo = new Fifo<number>();
    const got: number[] = [];
    let next = 0;
    for (let round = 0; round < 5000; round++) {
      fifo.push(next++);
      fifo.push(next++);
      got.push(fifo.shift()!);
    }
    expect(fifo.size).toBe(5000);
    while (fifo.size > 0) got.push(fifo.shift()!);
    expect(got).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
    expect(fifo.shift()).toBeUndefined();
  });

  it("holds nothing that it has given: its room does not grow with what passed", () => {
    const fifo = new Fifo<number>();
    fifo.push(0);
    for (let i = 0; i < 100_000; i++) {
      fifo.push(i);
      fifo.shift();
    }
    expect((fifo as unknown as { items: unknown[] }).items.length).toBeLessThan(3000);
  });

  it("gives all", () => {
    const fifo = new Fifo<number>();
    for (const i of [1, 2, 3]) fifo.push(i);
    fifo.shift();
    expect(fifo.takeAll()).toEqual([2, 3]);
    expect(fifo.size).toBe(0);
  });
});
