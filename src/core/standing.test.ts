import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Place, Standing } from "./standing.js";

/** The first of the ms from `from` on, in steps of a second, at which nothing speaks against the server. */
function wellAgain(standing: Standing, from: number): number {
  for (let now = from; now < from + 600_000; now += 1000) if (standing.place(now) === Place.well) return now;
  throw new Error("is passed over for ever");
}

describe("the standing of a server", () => {
  it("is well as long as nothing is known", () => {
    expect(new Standing().place(0)).toBe(Place.well);
    expect(new Standing().place(1e9)).toBe(Place.well);
  });

  it("is doubtful for 30 s after a failure, or until a link stands", () => {
    const standing = new Standing();
    standing.failed(1000);
    expect(standing.place(1000)).toBe(Place.doubtful);
    expect(standing.place(30_999)).toBe(Place.doubtful);
    expect(standing.place(31_000)).toBe(Place.well);
    standing.failed(40_000);
    standing.reached();
    expect(standing.place(40_000)).toBe(Place.well);
  });

  it("is doubtful for two minutes after it said that it shuts down, or until it says otherwise", () => {
    const standing = new Standing();
    standing.told(true, 1000);
    standing.reached();
    expect(standing.place(120_999)).toBe(Place.doubtful);
    expect(standing.place(121_000)).toBe(Place.well);
    standing.told(true, 200_000);
    standing.told(false, 200_001);
    expect(standing.place(200_001)).toBe(Place.well);
  });

  it("is not touched by one link that did not stand: a young link may die of anything", () => {
    const standing = new Standing();
    standing.flapped(0);
    expect(standing.place(0)).toBe(Place.well);
  });

  it("is flapping after two in a row, the longer the more there are, for a minute at most", () => {
    const waits = [2, 3, 4, 10, 1000].map((flaps) => {
      const standing = new Standing();
      for (let i = 0; i < flaps; i++) standing.flapped(i);
      expect(standing.place(flaps)).toBe(Place.flapping);
      return wellAgain(standing, flaps) - flaps;
    });
    expect(waits).toEqual([13_000, 30_000, 43_000, 60_000, 60_000]);
  });

  it("is flapping whatever else is known, and as it was afterwards", () => {
    const standing = new Standing();
    for (let i = 0; i < 2; i++) standing.flapped(0);
    standing.failed(0);
    expect(standing.place(0)).toBe(Place.flapping);
    expect(standing.place(13_000)).toBe(Place.doubtful);
  });

  it("forgives flaps that lie far apart, and all of them when a link has stood", () => {
    const rare = new Standing();
    for (let now = 0; now < 3_600_000; now += 60_000) {
      rare.flapped(now);
      expect(rare.place(now)).toBe(Place.well);
    }
    const mended = new Standing();
    for (let i = 0; i < 9; i++) mended.flapped(0);
    mended.stood();
    mended.flapped(0);
    expect(mended.place(0)).toBe(Place.well);
  });

  it("whatever happened is well again two minutes later (property)", () => {
    const event = fc.tuple(fc.constantFrom("failed", "flapped", "told"), fc.nat(60_000));
    fc.assert(
      fc.property(fc.array(event, { maxLength: 50 }), (events) => {
        const standing = new Standing();
        let now = 0;
        for (const [what, pause] of events) {
          now += pause;
          if (what === "failed") standing.failed(now);
          else if (what === "flapped") standing.flapped(now);
          else standing.told(true, now);
        }
        expect(standing.place(now + 120_000)).toBe(Place.well);
      }),
    );
  });
});
