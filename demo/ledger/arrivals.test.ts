import { describe, expect, it } from "vitest";
import { type Arrival, ArrivalWatch } from "./arrivals.js";

function watch() {
  const found: Arrival[] = [];
  return { found, watch: new ArrivalWatch((arrival) => found.push(arrival)) };
}

describe("the watch for the first arrival after a death", () => {
  it("passes over what the dying server still let through", () => {
    const { found, watch: arrivals } = watch();
    arrivals.arm(0);
    arrivals.note(99, 100);
    arrivals.dead(0, 103);
    arrivals.note(102, 104);
    arrivals.note(105, 109);
    arrivals.note(106, 110);
    expect(found).toEqual([{ outage: 0, at: 109 }]);
    expect(arrivals.watching).toBe(false);
  });

  it("finds it also when it came before the death was told", () => {
    const { found, watch: arrivals } = watch();
    arrivals.arm(0);
    arrivals.note(102, 104);
    arrivals.note(105, 109);
    arrivals.note(106, 110);
    arrivals.dead(0, 103);
    expect(found).toEqual([{ outage: 0, at: 109 }]);
  });

  it("ends two outages by one arrival, when the second came before the first was over", () => {
    const { found, watch: arrivals } = watch();
    arrivals.arm(0);
    arrivals.dead(0, 100);
    arrivals.arm(1);
    arrivals.dead(1, 200);
    arrivals.note(250, 260);
    expect(found.map(({ outage }) => outage)).toEqual([0, 1]);
  });
});
