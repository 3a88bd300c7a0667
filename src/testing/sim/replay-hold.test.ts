import { describe, expect, it } from "vitest";
import { ReplayHold } from "./replay-hold.js";

describe("a replay that is held back", () => {
  it("waits until the application lets it go on, or its time is over", () => {
    const hold = new ReplayHold();
    expect(hold.isOn(0)).toBe(false);
    hold.begin(true);
    expect(hold.isOn(1e9)).toBe(true);
    hold.asked(100);
    expect([hold.isOn(99), hold.isOn(100)]).toEqual([true, false]);
    hold.begin(true);
    hold.end();
    expect(hold.isOn(0)).toBe(false);
    hold.begin(false);
    expect(hold.isOn(0)).toBe(false);
  });
});
