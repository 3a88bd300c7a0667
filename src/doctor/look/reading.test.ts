import { describe, expect, it } from "vitest";
import { goDuration, Reading } from "./reading.js";
import { readRoutes, skewOf } from "./seen.js";

it.each([
  ["1.25s", 1250],
  ["312µs", 0.312],
  ["1m2.5s", 62_500],
  ["2h0m0s", 7_200_000],
  ["0s", 0],
  ["soon", undefined],
  ["", undefined],
  ["1", undefined],
  ["-1s", undefined],
  [`${"1".repeat(100)}s`, undefined],
])("the duration %s is %s ms", (text, ms) => {
  if (ms === undefined) expect(goDuration(text)).toBeUndefined();
  else expect(goDuration(text)).toBeCloseTo(ms);
});

describe("a JSON object of which nothing is known", () => {
  it("gives what is of the right kind, and nothing else", () => {
    const reading = new Reading({
      a: "x",
      n: 5,
      minus: -1,
      t: "2026-01-01T00:00:00.5Z",
      l: [1, { b: 2 }],
      o: { c: "d" },
    });
    expect([reading.text("a"), reading.text("n"), reading.text("none")]).toEqual(["x", undefined, undefined]);
    expect([reading.number("n"), reading.number("minus"), reading.number("a")]).toEqual([
      5,
      undefined,
      undefined,
    ]);
    expect(reading.time("t")).toBe(Date.UTC(2026, 0, 1, 0, 0, 0, 500));
    expect([reading.time("a"), reading.time("n")]).toEqual([undefined, undefined]);
    expect(reading.list("l", 9).map((entry) => entry.number("b"))).toEqual([undefined, 2]);
    expect(reading.list("l", 1)).toHaveLength(1);
    expect(reading.inner("o").text("c")).toBe("d");
  });

  it.each([undefined, null, 5, "x", [], [{}]])("%o has nothing in it", (value) => {
    const reading = new Reading(value);
    expect(reading.has("length")).toBe(false);
    expect(reading.inner("a").list("b", 5)).toEqual([]);
  });

  it("does not take what every object has for its own", () => {
    const reading = new Reading(JSON.parse('{"__proto__": {"a": "x"}}'));
    expect([reading.text("a"), reading.has("toString"), reading.text("constructor")]).toEqual([
      undefined,
      false,
      undefined,
    ]);
  });
});

it("a clock is wrong by what the round trip cannot hide", () => {
  expect(skewOf(1050, 1000, 1100)).toBe(0);
  expect(skewOf(1099, 1000, 1100)).toBe(0);
  expect(skewOf(6050, 1000, 1100)).toBe(4950);
  expect(skewOf(-3950, 1000, 1100)).toBe(-4950);
  expect(skewOf(1005, 1000, 1000)).toBe(5);
});

it("of several routes to a server the slowest is told", () => {
  const routes = ["1ms", "40ms", "2ms"].map((rtt) => ({ remote_id: "B", remote_name: "b", rtt }));
  expect(readRoutes(new Reading({ routes }))).toEqual([{ id: "B", name: "b", rtt: 40 }]);
});
