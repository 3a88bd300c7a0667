import { describe, expect, it } from "vitest";
import { RoundTrips } from "./round-trips.js";

function longestAfter(...samples: number[]): number | undefined {
  const trips = new RoundTrips();
  for (const rtt of samples) trips.add(rtt);
  return trips.longest;
}

const many = (rtt: number, count: number) => Array<number>(count).fill(rtt);

describe("round trips", () => {
  it("may take any time as far as one knows before the first", () => {
    expect(longestAfter()).toBeUndefined();
  });

  it("may take three times as long as the first one, as in RFC 6298", () => {
    expect(longestAfter(100)).toBe(300);
  });

  it("that take as long as ever may take little longer", () => {
    expect(longestAfter(...many(6000, 40))).toBeCloseTo(6000, 0);
  });

  it("that take longer than expected raise both, as in RFC 6298", () => {
    // Expected 100 + 900 / 8, spread 50 + (900 - 50) / 4.
    expect(longestAfter(100, 1000)).toBe(212.5 + 4 * 262.5);
  });

  it("that vary may take as long as the longest of late", () => {
    const trips = new RoundTrips();
    for (let i = 0; i < 200; i++) trips.add(3000 + ((i * 37) % 7) * 1000);
    expect(trips.longest).toBeGreaterThan(9000);
    expect(trips.longest).toBeLessThan(20_000);
  });

  it("that are quick again are soon expected to be: no spread comes from that", () => {
    expect(longestAfter(...many(1, 50), 2000)).toBeGreaterThan(2000);
    expect(longestAfter(...many(1, 50), 2000, ...many(1, 20))).toBeLessThan(20);
    expect(longestAfter(...many(6000, 40), 1)).toBeLessThan(3100);
    expect(longestAfter(...many(6000, 40), ...many(1, 4))).toBeLessThan(400);
  });

  it("are late by what they take longer than the quickest", () => {
    const trips = new RoundTrips();
    for (const rtt of [80, 50, 300]) trips.add(rtt);
    expect(trips.delay(300)).toBe(250);
    expect(trips.delay(50)).toBe(0);
    expect(trips.delay(20)).toBe(0);
  });

  it("that all take longer than any way does are late by the rest: the server is busy", () => {
    const trips = new RoundTrips();
    expect(trips.delay(2000)).toBe(1500);
    for (const rtt of many(2000, 5)) trips.add(rtt);
    expect(trips.delay(2000)).toBe(1500);
  });
});
