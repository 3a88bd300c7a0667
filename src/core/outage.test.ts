import { describe, expect, it } from "vitest";
import { LocalStalls } from "./outage.js";

describe("stalls of this process", () => {
  it("are remembered for a second, with how long they lasted", () => {
    const stalls = new LocalStalls();
    stalls.note(1234, 10_000);
    expect(stalls.before(10_000, 0)).toBe(1234);
    expect(stalls.before(11_000, 0)).toBe(1234);
    expect(stalls.before(11_001, 0)).toBe(0);
  });

  it("are none as long as none was noted", () => {
    expect(new LocalStalls().before(0, 0)).toBe(0);
    expect(new LocalStalls().before(1e9, 0)).toBe(0);
  });

  it("count by the last one", () => {
    const stalls = new LocalStalls();
    stalls.note(9000, 1000);
    stalls.note(2000, 5000);
    expect(stalls.before(6000, 0)).toBe(2000);
  });
});
