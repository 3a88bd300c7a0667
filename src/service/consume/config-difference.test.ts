import { expect, test } from "vitest";
import { differingFields, shown } from "./config-difference.js";

const NONE: ReadonlySet<string> = new Set();

function differ(wanted: object, has: object, created = NONE): string[] {
  return differingFields(wanted as Record<string, unknown>, has as Record<string, unknown>, created);
}

test("only what is wanted is compared", () => {
  expect(differ({ a: 1, b: undefined }, { a: 1, b: 2, c: 3 })).toEqual([]);
  expect(differ({ a: 1, b: "x" }, { a: 2, b: "y" })).toEqual(["a", "b"]);
});

test("what the server writes for nothing is all the same", () => {
  for (const none of [0, -1, null, undefined, "", false, {}, []]) {
    expect(differ({ a: 0 }, { a: none })).toEqual([]);
    expect(differ({ a: 5 }, { a: none })).toEqual(["a"]);
  }
  expect(differ({ a: 0 }, { a: 5 })).toEqual(["a"]);
  expect(differ({ ack_wait: 0 }, { ack_wait: 30 })).toEqual([]);
});

test("the order of lists means nothing, and the server may add keys", () => {
  expect(differ({ subjects: ["a", "b"] }, { subjects: ["b", "a"] })).toEqual([]);
  expect(differ({ subjects: ["a"] }, { subjects: ["b", "a"] })).toEqual(["subjects"]);
  expect(differ({ metadata: { mine: "1" } }, { metadata: { _nats: "2", mine: "1" } })).toEqual([]);
  expect(differ({ metadata: { mine: "1" } }, { metadata: { mine: "2" } })).toEqual(["metadata"]);
});

test("what counts at the beginning alone is not compared", () => {
  expect(differ({ a: 1, b: 1 }, { a: 2, b: 2 }, new Set(["a"]))).toEqual(["b"]);
});

test("values are shown, but not at any length", () => {
  expect(shown(undefined)).toBe("nothing");
  expect(shown(["a"])).toBe('["a"]');
  expect(shown("x".repeat(500)).length).toBeLessThan(100);
});
