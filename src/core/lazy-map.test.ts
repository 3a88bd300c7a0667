import { describe, expect, it } from "vitest";
import { LazyMap, LazySet } from "./lazy-map.js";

describe("LazyMap", () => {
  it("is empty at first", () => {
    const map = new LazyMap<string, number>();
    expect(map.size).toBe(0);
    expect(map.get("a")).toBeUndefined();
    expect(map.has("a")).toBe(false);
    expect(map.delete("a")).toBe(false);
    expect([[...map], [...map.keys()], [...map.values()]]).toEqual([[], [], []]);
  });

  it("holds no table until something is in it, nor after it was cleared", () => {
    const map = new LazyMap<string, number>();
    expect(Object.values(map)).toEqual([undefined]);
    map.set("a", 1);
    map.clear();
    expect(Object.values(map)).toEqual([undefined]);
    expect(map.size).toBe(0);
  });

  it("keeps entries in the order in which they came", () => {
    const map = new LazyMap<string, number>();
    map.set("a", 1);
    map.set("b", 2);
    map.set("a", 3);
    expect([...map]).toEqual([
      ["a", 3],
      ["b", 2],
    ]);
    expect([...map.keys()]).toEqual(["a", "b"]);
    expect([...map.values()]).toEqual([3, 2]);
    expect(map.delete("a")).toBe(true);
    expect(map.delete("a")).toBe(false);
    expect([map.has("a"), map.has("b"), map.get("b"), map.size]).toEqual([false, true, 2, 1]);
  });
});

describe("LazySet", () => {
  it("is empty at first, and holds no table", () => {
    const set = new LazySet<string>();
    expect(set.has("a")).toBe(false);
    expect(set.delete("a")).toBe(false);
    expect([...set]).toEqual([]);
    expect(Object.values(set)).toEqual([undefined]);
  });

  it("holds each item once, in the order in which they came", () => {
    const set = new LazySet<string>();
    for (const item of ["a", "b", "a"]) set.add(item);
    expect([...set]).toEqual(["a", "b"]);
    expect(set.delete("a")).toBe(true);
    expect([set.has("a"), set.has("b")]).toEqual([false, true]);
  });

  it("lets go of the table when it is cleared", () => {
    const set = new LazySet<string>();
    set.add("a");
    set.clear();
    expect([...set]).toEqual([]);
    expect(Object.values(set)).toEqual([undefined]);
  });
});
