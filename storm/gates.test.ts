import { describe, expect, it } from "vitest";
import type { Case } from "./campaign.js";
import { gates } from "./gates.js";
import type { Result } from "./simulate.js";

const RESULT: Result = {
  peak: 0,
  peakWorst: 0,
  burst: 0,
  connects: 0,
  perSecond: [],
  lost: 100,
  gaveUp: 0,
  away: [],
  median: 0,
  last: 0,
  failed: 0,
  moved: 0,
  condemned: 0,
  longestPing: 0,
  replayed: Number.NaN,
};

function played(ours: Partial<Result>, theirs: Partial<Result>, changes: Partial<Case> = {}): Case {
  const results = new Map([
    ["nats.js", { ...RESULT, ...theirs }],
    ["holdfast", { ...RESULT, ...ours }],
  ] as const);
  return { scenario: "all", tls: false, clients: 100, window: 0, results, ...changes };
}

const held = (one: Case) => gates(one).map((gate) => gate.held);

describe("a storm", () => {
  it("may be a fifth as high, and last half as long again", () => {
    const theirs = { peak: 100, last: 20_000 };
    expect(held(played({ peak: 20, last: 30_000 }, theirs))).toEqual([true, true]);
    expect(held(played({ peak: 21, last: 30_001 }, theirs))).toEqual([false, false]);
  });

  it("in which somebody never comes back is not held", () => {
    expect(held(played({ peak: 20, last: Number.NaN }, { peak: 100, last: 20_000 }))).toEqual([true, false]);
  });

  it("is compared with clients that do not give up", () => {
    const one = played({ peak: 20, last: 30_000 }, { peak: 0, last: Number.NaN, gaveUp: 100 });
    const results = new Map([
      ...one.results,
      ["nats.js-forever", { ...RESULT, peak: 100, last: 20_000 }] as const,
    ]);
    expect(held({ ...one, results })).toEqual([true, true]);
  });

  it("asks nothing where Holdfast, or nats.js, was not played", () => {
    const one = played({}, {});
    expect(gates({ ...one, results: new Map([["nats.js", RESULT]]) })).toEqual([]);
    expect(gates({ ...one, results: new Map([["holdfast", RESULT]]) })).toEqual([]);
  });
});

describe("a lame duck", () => {
  it("costs nobody its link, and no attempt fails", () => {
    expect(held(played({ lost: 0, moved: 100 }, {}, { scenario: "lame-duck" }))).toEqual([true, true, true]);
    const bad = played({ lost: 1, moved: 99, failed: 1, peak: 2 }, { peak: 1 }, { scenario: "lame-duck" });
    expect(held(bad)).toEqual([false, false, false]);
    // It cannot be had together with the first of the other two.
    expect(gates(bad).map(({ asked = true }) => asked)).toEqual([false, true, true]);
  });
});

describe("replays", () => {
  it("keep no PING waiting for 5 s, and no attempt from its end", () => {
    expect(held(played({ longestPing: 4999 }, {}, { window: 1 }))).toEqual([true, true]);
    expect(held(played({ longestPing: 5000, condemned: 1 }, {}, { window: 1 }))).toEqual([false, false]);
  });
});
