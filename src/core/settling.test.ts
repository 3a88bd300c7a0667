import { describe, expect, it } from "vitest";
import { Settling } from "./settling.js";

/** The parts of a settling, each with what began behind it. */
function parts(settling: Settling, isProven: boolean): { total: number; parts: [number, string][] } {
  const parts: [number, string][] = [];
  let told = "";
  const overlap = { proven: () => (told = "proven"), closing: () => (told = "closing") };
  const total = settling.begin(
    isProven,
    overlap as unknown as Parameters<Settling["begin"]>[1],
    () => (told = "last"),
  );
  for (let next = settling.next; next !== undefined; next = settling.next) {
    settling.partIsOver();
    parts.push([next, told]);
  }
  return { total, parts };
}

describe("the time for which two links are compared", () => {
  it("is four round trips, between 50 and 500 ms, or what the application wants", () => {
    const times = [undefined, 5, 20, 100, 1000].map((rtt) => new Settling(undefined, rtt).time);
    expect(times).toEqual([50, 50, 80, 400, 500]);
    expect(new Settling(7, 100).time).toBe(7);
    expect(new Settling(2000, 1).time).toBe(2000);
  });

  it("has four times as long before it, and behind it", () => {
    expect(new Settling(100).margin).toBe(400);
  });

  it("lies between two guards, in which messages may be on one link alone", () => {
    expect(parts(new Settling(100), true)).toEqual({
      total: 180,
      parts: [
        [40, "proven"],
        [100, "closing"],
        [40, "last"],
      ],
    });
  });

  it("is twice as long when no probe can show that the new link gets everything; the guards are not", () => {
    const { total, parts: each } = parts(new Settling(100), false);
    expect([total, each.map(([ms]) => ms)]).toEqual([280, [40, 200, 40]]);
  });

  it("is over before it has begun", () => {
    expect(new Settling(100).next).toBeUndefined();
  });
});
