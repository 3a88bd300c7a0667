import { describe, expect, it } from "vitest";
import { Fences } from "./fences.js";
import { Fifo } from "./fifo.js";

function world() {
  const fences = new Fences();
  const told: string[] = [];
  const add = (name: string, position: number, frame = -1) =>
    fences.add(position, frame, (outcome) => told.push(`${name} ${outcome}`));
  return { fences, told, add };
}

describe("fences", () => {
  it("are settled in their order, when all before them has an outcome", () => {
    const { fences, told, add } = world();
    add("a", 3);
    add("b", 3);
    add("c", 5);
    fences.reached(2);
    expect(told).toEqual([]);
    fences.reached(3);
    expect(told).toEqual(["a confirmed", "b confirmed"]);
    fences.reached(9);
    expect(told).toEqual(["a confirmed", "b confirmed", "c confirmed"]);
    expect(fences.size).toBe(0);
  });

  it("are settled once", () => {
    const { fences, told, add } = world();
    add("a", 1, 0);
    fences.failed(0, "refused");
    fences.failed(0, "dropped");
    fences.reached(1);
    fences.close();
    expect(told).toEqual(["a refused"]);
  });

  it("of one frame hear of that frame alone, at once", () => {
    const { fences, told, add } = world();
    add("first", 1, 0);
    add("second", 2, 1);
    fences.failed(1, "unconfirmed");
    expect(told).toEqual(["second unconfirmed"]);
    fences.reached(2);
    expect(told).toEqual(["second unconfirmed", "first confirmed"]);
  });

  it("of all before a position tell the first failure, when all the rest has an outcome", () => {
    const { fences, told, add } = world();
    add("flush", 5);
    fences.failed(2, "dropped");
    fences.failed(3, "refused");
    expect(told).toEqual([]);
    fences.reached(5);
    expect(told).toEqual(["flush dropped"]);
  });

  it("do not hear of what was accepted after them", () => {
    const { fences, told, add } = world();
    add("before", 3);
    add("after", 6);
    fences.failed(3, "dropped");
    fences.reached(6);
    expect(told).toEqual(["before confirmed", "after dropped"]);
  });

  it("that were given up are not called", () => {
    const { fences, told, add } = world();
    const fence = add("a", 1);
    add("b", 1);
    fences.cancel(fence);
    fences.cancel(fence);
    fences.reached(1);
    expect(told).toEqual(["b confirmed"]);
  });

  it("that were given up are not kept: an outage of any length costs no memory", () => {
    const { fences, add } = world();
    add("stays", 1);
    for (let i = 0; i < 10_000; i++) fences.cancel(add("gone", 2, i % 2 ? i : -1));
    const queues = Object.values(fences).filter((part) => part instanceof Fifo || part instanceof Map);
    expect(queues.map(({ size }) => size).filter((size) => size > 1000)).toEqual([]);
    expect(queues).toHaveLength(3);
    expect(fences.size).toBe(1);
  });

  it("end with the connection", () => {
    const { fences, told, add } = world();
    add("a", 1);
    add("b", 2, 1);
    fences.close();
    expect(told).toEqual(["a closed", "b closed"]);
    expect(fences.size).toBe(0);
  });

  it("may be added while others are settled", () => {
    const { fences, told, add } = world();
    fences.add(1, -1, () => {
      add("again", 2);
      fences.reached(1);
    });
    add("other", 1);
    fences.reached(1);
    expect(told).toEqual(["other confirmed"]);
    expect(fences.size).toBe(1);
    fences.add(3, 2, () => add("failed", 9));
    fences.failed(2, "refused");
    fences.reached(9);
    expect(told).toEqual(["other confirmed", "again confirmed", "failed confirmed"]);
  });
});
