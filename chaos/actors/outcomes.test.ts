import { describe, expect, it } from "vitest";
import type { Books } from "../../demo/protocol.js";
import { Outcomes } from "./outcomes.js";

function books(given: Partial<Books>): Books {
  const sums = { confirmed: 0, refused: 0, dropped: 0, unconfirmed: 0, pending: 0, replayed: 0, ...given };
  const { confirmed, refused, dropped, unconfirmed, pending } = sums;
  return { ...sums, accepted: confirmed + refused + dropped + unconfirmed + pending };
}

describe("the outcomes", () => {
  it("of unconfirmed messages are those right before what is still pending", () => {
    const outcomes = new Outcomes();
    expect(outcomes.look(books({ confirmed: 100, unconfirmed: 20, pending: 7 }))).toBe(120);
    expect(outcomes.look(books({ confirmed: 140, unconfirmed: 20, pending: 7 }))).toBe(160);
    expect(outcomes.look(books({ confirmed: 200, unconfirmed: 25 }))).toBe(225);
    expect(outcomes.unconfirmed).toEqual([
      { from: 100, to: 120 },
      { from: 220, to: 225 },
    ]);
  });

  it("are told apart when a connection is closed: what was written is older than what was dropped", () => {
    const outcomes = new Outcomes();
    outcomes.look(books({ confirmed: 50, unconfirmed: 10, pending: 40 }));
    outcomes.look(books({ confirmed: 60, unconfirmed: 25, dropped: 15 }));
    expect(outcomes.unconfirmed).toEqual([
      { from: 50, to: 60 },
      { from: 70, to: 85 },
    ]);
  });

  it("of a client without books are not known", () => {
    expect(new Outcomes().look(undefined)).toBeUndefined();
  });
});
