import { expect, test } from "vitest";
import { interleave, turns } from "./rounds.js";

test("everybody goes first equally often", () => {
  for (const items of [
    ["a", "b"],
    ["a", "b", "c", "d"],
  ]) {
    const firsts = Array.from({ length: items.length * 4 }, (_, round) => turns(items, round)[0]);
    for (const item of items) expect(firsts.filter((first) => first === item)).toHaveLength(4);
  }
});

test("of two, the first one alternates within a rotation", () => {
  expect(turns(["a", "b"], 0)).toEqual(["a", "b"]);
  expect(turns(["a", "b"], 1)).toEqual(["b", "a"]);
});

test("nobody always comes after the same one", () => {
  const items = ["a", "b", "c", "d"];
  const before = new Set<string>();
  for (let round = 0; round < 8; round++) {
    const order = turns(items, round);
    before.add(order[order.indexOf("b") - 1]);
  }
  expect([...before].filter((item) => item !== undefined).length).toBeGreaterThan(1);
});

test("results are in the order of the rounds, whoever went first", async () => {
  const results = await interleave(["a", "b"], 3, async (item, round) => `${item}${round}`);
  expect(results.get("a")).toEqual(["a0", "a1", "a2"]);
  expect(results.get("b")).toEqual(["b0", "b1", "b2"]);
});
