import { describe, expect, it } from "vitest";
import { seeded } from "../../demo/random.js";
import { alone, canPair, drawPairs, FAULTS, findTrouble, short } from "./catalogue.js";

const named = (name: string) => FAULTS.find((fault) => fault.name === name)!;

describe("the catalogue", () => {
  it("has each name once, and a sentence for each", () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    for (const { name, does } of FAULTS) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(does).toMatch(/^(SIG|[A-Z]).*\.$/);
    }
  });

  it("has a short run of a few, all with a server of its own", () => {
    const { faults, inTurn } = short();
    expect(inTurn).toBe(true);
    expect(faults.length).toBeGreaterThanOrEqual(6);
    for (const fault of faults) {
      expect(fault.servers ?? fault.config).toBeUndefined();
      expect(findTrouble(fault.name)).toEqual(alone(fault));
    }
  });

  it("finds pairs by name, and none that cannot be", () => {
    expect(findTrouble("latency+kill")?.faults).toEqual([named("latency"), named("kill")]);
    for (const name of ["", "kil", "kill+term", "kill+kill", "kill+nothing", "latency+kill+slicer"]) {
      expect(findTrouble(name)).toBeUndefined();
    }
  });

  it("draws the same different pairs from the same seed", () => {
    const pairs = drawPairs(seeded(7), 20);
    expect(pairs).toEqual(drawPairs(seeded(7), 20));
    expect(new Set(pairs.map(({ name }) => name)).size).toBe(20);
    for (const { name, faults } of pairs) {
      expect(canPair(faults[0], faults[1])).toBe(true);
      expect(findTrouble(name)).toEqual({ name, faults });
    }
    expect(drawPairs(seeded(8), 20)).not.toEqual(pairs);
  });

  it("draws no more pairs than there are", () => {
    const all = drawPairs(seeded(1), 1_000_000);
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });
});
