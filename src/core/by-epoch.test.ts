import { describe, expect, it } from "vitest";
import { ofEpoch, withoutEpoch } from "./by-epoch.js";

describe("what belongs to links", () => {
  const all = [3, 7].map((epoch) => ({ epoch }));

  it("is found by the epoch", () => {
    expect(ofEpoch(all, 3)).toBe(all[0]);
    expect(ofEpoch(all, 7)).toBe(all[1]);
    expect(ofEpoch(all, 4)).toBeUndefined();
  });

  it("is taken out without a change for who goes through it", () => {
    expect(withoutEpoch(all, 3)).toEqual([{ epoch: 7 }]);
    expect(withoutEpoch(withoutEpoch(all, 3), 7)).toEqual([]);
    expect(all).toEqual([{ epoch: 3 }, { epoch: 7 }]);
  });
});
