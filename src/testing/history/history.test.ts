import { describe, expect, it } from "vitest";
import { History } from "./history.js";
import { describeVerdict, wrongIn } from "./verdict.js";

/** A history in which message 0 went well. */
function begun(): History {
  const history = new History();
  history.accepted(0);
  history.confirmed(0);
  history.found(0);
  return history;
}

describe("a history", () => {
  it("without trouble has nothing wrong in it", () => {
    const verdict = begun().check();
    expect(verdict).toMatchObject({ accepted: 1, acknowledged: 1, found: 1, copies: 0, reordered: 0 });
    expect(wrongIn(verdict)).toBeUndefined();
    expect(describeVerdict(verdict)).toBe(
      "accepted 1, acknowledged 1, found 1, lost 0, duplicated 0, unknown 0, reported 0, rejected 0, reordered 0",
    );
  });

  it("that is empty is right", () => {
    expect(wrongIn(new History().check())).toBeUndefined();
  });

  it("calls lost what was confirmed and is not found, also while others are pending", () => {
    const history = begun();
    history.accepted(1);
    history.confirmed(1);
    for (const pending of [false, true]) {
      const verdict = history.check({ pending });
      expect(verdict.lost).toEqual([1]);
      expect(verdict.unknown).toEqual([]);
      expect(wrongIn(verdict)).toBe("lost 1 (1)");
    }
  });

  it("calls unknown what nothing was heard of, and lost as well once nothing is pending any more", () => {
    const history = begun();
    history.accepted(1);
    expect(history.check({ pending: true })).toMatchObject({ unknown: [1], lost: [] });
    expect(history.check()).toMatchObject({ unknown: [1], lost: [1] });
    history.found(1);
    expect(history.check()).toMatchObject({ unknown: [], lost: [], recovered: 1 });
  });

  it("does not call lost what was reported, and counts it by reason", () => {
    const history = begun();
    for (const [id, reason] of [
      [1, "ttl"],
      [2, "refused"],
      [3, "ttl"],
    ] as const) {
      history.accepted(id);
      history.reported(id, reason);
    }
    history.found(3);
    const verdict = history.check();
    expect(verdict).toMatchObject({ reported: 3, reasons: { ttl: 2, refused: 1 }, foundThoughReported: 1 });
    expect(wrongIn(verdict)).toBeUndefined();
  });

  it("counts each copy of a message", () => {
    const history = begun();
    history.found(0);
    history.found(0);
    const verdict = history.check();
    expect(verdict).toMatchObject({ found: 1, duplicated: [0], copies: 2 });
    expect(history.arrivals(0)).toBe(3);
    expect(history.arrivals(7)).toBe(0);
    expect(wrongIn(verdict)).toBeUndefined();
  });

  it("does not expect what was refused or never published", () => {
    const history = begun();
    history.rejected(1);
    history.found(1);
    history.found(2);
    const verdict = history.check();
    expect(verdict).toMatchObject({ rejected: 1, unexpected: [1, 2] });
    expect(wrongIn(verdict)).toBe("unexpected 2 (1, 2)");
  });

  it.each<[string, (history: History) => void]>([
    ["two confirmations", (history) => history.confirmed(0)],
    ["a confirmation and a report", (history) => history.reported(0, "ttl")],
    ["a rejection of what was accepted", (history) => history.rejected(0)],
    ["an id used twice", (history) => history.accepted(0)],
    ["a report of what was never accepted", (history) => history.reported(1, "ttl")],
  ])("finds %s contradictory", (_name, spoil) => {
    const history = begun();
    spoil(history);
    expect(history.check().contradictory).toHaveLength(1);
    expect(wrongIn(history.check())).toMatch(/^contradictory 1/);
  });

  it("counts first arrivals that come late, and not copies", () => {
    const history = new History();
    for (const id of [0, 2, 1, 3, 0, 4]) history.accepted(id);
    for (const id of [0, 2, 1, 3, 0, 4]) history.found(id);
    expect(history.check().reordered).toBe(1);
  });

  it("takes a million messages without an object for each", () => {
    const history = new History();
    const count = 1_000_000;
    for (let id = 0; id < count; id++) {
      history.accepted(id);
      history.confirmed(id);
      if (id !== 777_777) history.found(id);
    }
    const verdict = history.check();
    expect(verdict).toMatchObject({ accepted: count, found: count - 1, lost: [777_777] });
    expect(history.size).toBe(count);
  });

  it("names only a few of many", () => {
    const history = new History();
    for (let id = 0; id < 100; id++) history.accepted(id);
    expect(wrongIn(history.check())).toBe("lost 100 (0, 1, 2, 3, 4, …)");
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 28])("refuses %d as an id", (id) => {
    expect(() => new History().accepted(id)).toThrow(RangeError);
  });

  it("refuses to take texts of messages for reasons", () => {
    const history = new History();
    expect(() => {
      for (let id = 0; id < 300; id++) history.reported(id, `message ${id}`);
    }).toThrow("give reasons");
  });
});
