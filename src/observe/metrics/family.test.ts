import { describe, expect, it } from "vitest";
import { counters, facts, gauge, histogram, oneOf } from "./family.js";
import type { View } from "./view.js";

const NOTHING = {} as View;

describe("a histogram", () => {
  it("has cumulated buckets, all of them, and its bounds in the unit of the metric", () => {
    const counts = { bounds: [1, 5, 100], counts: [2, 0, 3, 4], sum: 1_234, count: 9 };
    expect(histogram("x_seconds", "X.", 1000, () => counts).samples(NOTHING)).toEqual([
      { labels: { le: "0.001" }, value: 2, part: "bucket" },
      { labels: { le: "0.005" }, value: 2, part: "bucket" },
      { labels: { le: "0.1" }, value: 5, part: "bucket" },
      { labels: { le: "+Inf" }, value: 9, part: "bucket" },
      { labels: {}, value: 1.234, part: "sum" },
      { labels: {}, value: 9, part: "count" },
    ]);
  });

  it("is there when nothing was counted", () => {
    const none = { bounds: [0.5], counts: [0, 0], sum: 0, count: 0 };
    expect(histogram("x_seconds", "X.", 1, () => none).samples(NOTHING)).toEqual([
      { labels: { le: "0.5" }, value: 0, part: "bucket" },
      { labels: { le: "+Inf" }, value: 0, part: "bucket" },
      { labels: {}, value: 0, part: "sum" },
      { labels: {}, value: 0, part: "count" },
    ]);
  });
});

describe("other families", () => {
  it("have a series for each value of their label", () => {
    const states = oneOf("x", "state", ["up", "down"], "X.", () => "down" as const);
    expect(states.samples(NOTHING)).toEqual([
      { labels: { state: "up" }, value: 0 },
      { labels: { state: "down" }, value: 1 },
    ]);
    const dropped = counters("x_total", "reason", "X.", () => [
      ["full", 2],
      ["old", 0],
    ]);
    expect(dropped.labels).toEqual(["reason"]);
    expect(dropped.samples(NOTHING)).toEqual([
      { labels: { reason: "full" }, value: 2 },
      { labels: { reason: "old" }, value: 0 },
    ]);
    const info = facts("x_info", ["a", "b"], "X.", () => ({ a: "1", b: "2" }));
    expect(info.samples(NOTHING)).toEqual([{ labels: { a: "1", b: "2" }, value: 1 }]);
  });

  it("have no series while there is nothing to say", () => {
    const level = (value: number | undefined) => gauge("x", "X.", () => value).samples(NOTHING);
    expect(level(undefined)).toEqual([]);
    expect(level(0)).toEqual([{ labels: {}, value: 0 }]);
  });
});
