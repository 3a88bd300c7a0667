import { describe, expect, it } from "vitest";
import { receipt } from "../story.js";
import { Ledger } from "./ledger.js";

/** A ledger that has got these ids of publisher 0, one each ms. */
function ledger(...ids: number[]): Ledger {
  const made = new Ledger("subscriber 1", false, 2);
  for (const [at, id] of ids.entries()) made.note(0, id, at);
  return made;
}

const range = (from: number, to: number, publisher = 0) => ({ publisher, from, to });

describe("what a receiver has got", () => {
  it("all of it, in order", () => {
    expect(ledger(0, 1, 2, 3).receipt([range(0, 4)])).toEqual(receipt());
  });

  it("names what never came, also at the end and from a publisher that was not heard at all", () => {
    const { lost, lostIds } = ledger(0, 2, 3).receipt([range(0, 5), range(0, 1, 1)]);
    expect(lost).toBe(3);
    expect(lostIds).toEqual([
      { publisher: 0, id: 1 },
      { publisher: 0, id: 4 },
      { publisher: 1, id: 0 },
    ]);
  });

  it("counts each delivery beyond the first, with when it came", () => {
    const { duplicated, twice, disorder } = ledger(0, 1, 1, 2, 1).receipt([range(0, 3)]);
    expect(duplicated).toBe(2);
    expect(twice).toEqual([
      { publisher: 0, id: 1, at: 2 },
      { publisher: 0, id: 1, at: 4 },
    ]);
    expect(disorder).toBe(0);
  });

  it("tells of disorder, gaps and duplicates once", () => {
    const made = ledger(1, 0, 2);
    made.note(0, 2, 100);
    expect(made.receipt([range(0, 3)])).toMatchObject({ disorder: 1, gaps: [{ at: 100, ms: 98 }] });
    expect(made.receipt([range(0, 3)])).toMatchObject({ disorder: 0, gaps: [], twice: [], duplicated: 1 });
  });

  it("has a gap by publisher: another one's messages do not hide it", () => {
    const made = new Ledger("group", true, 2);
    for (let at = 0; at <= 60; at++) {
      made.note(0, at, at);
      if (at % 60 === 0) made.note(1, at, at);
    }
    expect(made.receipt([]).gaps).toEqual([{ at: 60, ms: 60 }]);
  });
});
