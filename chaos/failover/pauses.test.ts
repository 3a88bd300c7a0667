import { describe, expect, it } from "vitest";
import { ownOf, pausesOf } from "./pauses.js";
import { receipt } from "./story.js";

/** A gap of so many ms that ended then. */
const gap = (at: number, ms: number) => ({ at, ms });

function stall(at: number, ms: number, busy: number, process = "receivers") {
  return { at, ms, busy, process };
}

describe("the longest pause", () => {
  it("is that of any receiver, in the time asked for", () => {
    const receipts = [
      receipt({ receiver: "a", gaps: [gap(100, 20), gap(200, 30)] }),
      receipt({ receiver: "b", gaps: [gap(150, 25), gap(300, 90)] }),
    ];
    const found = pausesOf({ receipts, stalls: [] }, 150, 300);
    expect(found.longest).toEqual({ at: 200, ms: 30, receiver: "a", machine: 0 });
    expect(found.own).toEqual(found.longest);
    expect(pausesOf({ receipts: [], stalls: [] }).longest.ms).toBe(0);
  });

  it("is not the client's for as long as a process had nothing to run on", () => {
    const receipts = [receipt({ gaps: [gap(1000, 100), gap(2000, 60)] })];
    // Of the first 100 ms, 80 are a standstill, in which the process was busy for 10.
    const { longest, own } = pausesOf({ receipts, stalls: [stall(990, 80, 10)] });
    expect(longest.ms).toBe(100);
    expect(ownOf(longest)).toBe(30);
    expect(own.ms).toBe(60);
  });

  it("is the client's for as long as the process was busy itself", () => {
    const receipts = [receipt({ gaps: [gap(1000, 100)] })];
    expect(ownOf(pausesOf({ receipts, stalls: [stall(1000, 100, 100)] }).own)).toBe(100);
  });

  it("takes off no more than what fell into it, and what two processes lacked at once is taken off once", () => {
    const receipts = [receipt({ gaps: [gap(1000, 100)] })];
    const half = stall(1050, 100, 0);
    expect(pausesOf({ receipts, stalls: [half] }).longest.machine).toBe(50);
    const both = [half, stall(1050, 100, 0, "publishers")];
    expect(pausesOf({ receipts, stalls: both }).longest.machine).toBe(50);
    expect(pausesOf({ receipts, stalls: [stall(2000, 100, 0)] }).longest.machine).toBe(0);
  });
});
