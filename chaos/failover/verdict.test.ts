import { describe, expect, it } from "vitest";
import { kills, move, moves, pauses, receipt, rolling, standing, word } from "./story.js";
import { brokenPromises } from "./verdict.js";

const lost = receipt({ lost: 3, lostIds: [{ publisher: 1, id: 17 }] });
const twice = receipt({ receiver: "group", queue: true, duplicated: 2 });

describe("a rolling restart", () => {
  it("goes well without a word", () => {
    expect(brokenPromises(rolling())).toEqual([]);
  });

  it("may neither lose nor bring anything twice", () => {
    expect(brokenPromises(rolling({ standing: standing({ receipts: [lost, twice] }) }))).toEqual([
      "subscriber 1 lost 3, the first of them 17 of publisher 2, when n1 was restarted",
      "group got 2 twice, when n1 was restarted",
    ]);
  });

  it("may make nobody wait", () => {
    expect(brokenPromises(rolling({ pauses: pauses(51) }))).toEqual([
      "nothing came to subscriber 2 for 51 ms, and 50 ms are allowed",
    ]);
    expect(brokenPromises(rolling({ pauses: pauses(100, 50) }))).toEqual([]);
    expect(brokenPromises(rolling({ pauses: pauses(100, 40) }))).toEqual([
      "nothing came to subscriber 2 for 60 ms beside what the machine has added, and 50 ms are allowed",
    ]);
  });

  it.each(["disconnect", "reconnect", "closed", "error", "lost", "slow"] as const)(
    "may tell of no %s",
    (kind) => {
      expect(brokenPromises(rolling({ words: [word(kind), word(kind)] }))).toEqual([
        `"${kind}" was told 2 times, first by subscriber 1: n1 to n2`,
      ]);
    },
  );

  it("is measured with nats.js, which has promised nothing", () => {
    expect(brokenPromises(rolling({ standing: standing({ receipts: [lost] }) }, "natsjs"))).toEqual([]);
  });
});

describe("moves", () => {
  it("go well without a word", () => {
    expect(brokenPromises(moves())).toEqual([]);
  });

  it("may not fail, nor may what is under way meanwhile", () => {
    const errands = [
      { name: "request", begun: 100, well: 99, again: 0, wrong: ["request 7: timeout"], wrongs: 1 },
      { name: "consume", begun: 100, well: 100, again: 3, wrong: [], wrongs: 0 },
    ] as const;
    const told = brokenPromises(
      moves({
        results: [move(), move({ how: "never" })],
        standing: standing({ receipts: [lost], errands, rejected: 4 }),
      }),
    );
    expect(told).toEqual([
      "subscriber 1 lost 3, the first of them 17 of publisher 2",
      "1 of 2 moves did not come to an end",
      "request: 1 of 100 went wrong: request 7: timeout",
      "publish() threw 4 times",
    ]);
  });
});

describe("kills", () => {
  it("are as fast as nats.js in its best case, and a bit more", () => {
    expect(brokenPromises(kills([12.9, 12.9, 12.9], [10, 10, 9]))).toEqual([]);
    expect(brokenPromises(kills([13.1, 13.1, 13.1], [10, 10, 9]))).toEqual([
      "the median is 13 ms, and 13 ms are allowed",
    ]);
  });

  it("have no outlier", () => {
    expect(brokenPromises(kills([10, 10, 49], [10]))).toEqual([]);
    expect(brokenPromises(kills([10, 10, 51], [10]))).toEqual(["the worst is 51 ms, and 50 ms are allowed"]);
    expect(brokenPromises(kills([10, 10, Number.POSITIVE_INFINITY], [10]))).toEqual([
      "the worst is more than 10 s, and 50 ms are allowed",
    ]);
  });

  it("wait for each server that hangs no longer than a head start and its timer", () => {
    expect(brokenPromises(kills([10], [10], [313], [614]))).toEqual([]);
    expect(brokenPromises(kills([10], [10], [315], [616]))).toEqual([
      "with a server that hangs the median is 315 ms, and 314 ms are allowed",
      "with two servers that hang the median is 616 ms, and 615 ms are allowed",
    ]);
  });
});
