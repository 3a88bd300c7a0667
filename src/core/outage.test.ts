import { describe, expect, it } from "vitest";
import type { Link } from "./link.js";
import { isAnother, LocalStalls, type Outage } from "./outage.js";

describe("the server after an outage", () => {
  const changed = (before: string, now: string | undefined) =>
    isAnother({ info: now === undefined ? undefined : { server_id: now } } as Link, { id: before } as Outage);

  it("is another one unless both have said the same id", () => {
    expect(changed("A", "A")).toBe(false);
    expect(changed("A", "B")).toBe(true);
    expect(changed("A", undefined)).toBe(true);
    expect(changed("", "")).toBe(true);
    expect(changed("", "A")).toBe(true);
  });
});

describe("stalls of this process", () => {
  it("are remembered for a second, with how long they lasted", () => {
    const stalls = new LocalStalls();
    stalls.note(1234, 10_000);
    expect(stalls.before(10_000, 0)).toBe(1234);
    expect(stalls.before(11_000, 0)).toBe(1234);
    expect(stalls.before(11_001, 0)).toBe(0);
  });

  it("are remembered as long as what has piled up is being read, however long that takes", () => {
    const stalls = new LocalStalls();
    stalls.behind(500);
    expect(stalls.before(500, 0)).toBe(0);
    stalls.note(8000, 10_000);
    for (let now = 10_500; now <= 30_000; now += 500) stalls.behind(now);
    expect(stalls.before(31_000, 0)).toBe(8000);
    // A link that was dialled after it has not suffered from it.
    expect(stalls.before(31_000, 12_000)).toBe(0);
    expect(stalls.before(31_001, 0)).toBe(0);
    stalls.behind(31_001);
    expect(stalls.before(31_001, 0)).toBe(0);
  });

  it("are forgotten when an answer has come to something that was written after them", () => {
    const stalls = new LocalStalls();
    stalls.outlived(10);
    stalls.note(1234, 10_000);
    stalls.outlived(9_999);
    expect(stalls.before(10_500, 0)).toBe(1234);
    stalls.outlived(10_000);
    expect(stalls.before(10_500, 0)).toBe(0);
    stalls.behind(10_500);
    expect(stalls.before(10_500, 0)).toBe(0);
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
