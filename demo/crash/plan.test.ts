import { describe, expect, it } from "vitest";
import { planLives } from "./plan.js";

describe("the lives of the crash demo", () => {
  it("are the same for the same seed, and others for another one", () => {
    expect(planLives(7, 12)).toEqual(planLives(7, 12));
    expect(planLives(7, 12)).not.toEqual(planLives(8, 12));
  });

  it.each([3, 4, 5, 12, 50])(
    "%i of them see the servers, their absence, and the replay, in this order",
    (kills) => {
      const acts = planLives(1, kills).map(({ act }) => act);
      expect(acts).toHaveLength(kills);
      expect([...new Set(acts)]).toEqual(["up", "outage", "replay"]);
      expect(acts).toEqual(acts.toSorted((one, other) => "uor".indexOf(one[0]) - "uor".indexOf(other[0])));
    },
  );

  it("take about as long as is announced", () => {
    const sum = planLives(1, 12).reduce((total, { kill }) => total + kill, 0);
    expect(sum).toBeGreaterThan(3000);
    expect(sum).toBeLessThan(14_000);
  });
});
