import { describe, expect, it } from "vitest";
import { seeded } from "../../demo/random.js";
import { alone, canPair, drawPairs, FAULTS, faultsOver, findTrouble, overTls, short } from "./catalogue.js";

const named = (name: string) => FAULTS.find((fault) => fault.name === name)!;

describe("the catalogue", () => {
  it("has each name once, and a sentence for each", () => {
    expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
    for (const { name, does } of FAULTS) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(does).toMatch(/^(SIG|[A-Z]).*\.$/);
    }
  });

  it.each(["plain", "tls"] as const)("has a short run of a few, all with a server of its own: %s", (wire) => {
    const { faults, inTurn } = short(wire);
    expect(inTurn).toBe(true);
    expect(faults.length).toBeGreaterThanOrEqual(6);
    for (const fault of faults) {
      expect(fault.servers ?? fault.config).toBeUndefined();
      expect(findTrouble(alone(fault, wire).name)).toEqual(alone(fault, wire));
    }
  });

  it("finds pairs by name, and none that cannot be", () => {
    expect(findTrouble("latency+kill")?.faults).toEqual([named("latency"), named("kill")]);
    for (const name of ["", "kil", "kill+term", "kill+kill", "kill+nothing", "latency+kill+slicer"]) {
      expect(findTrouble(name)).toBeUndefined();
    }
  });

  it("has some for links with TLS alone, and some for others alone", () => {
    expect(named("strip-tls").over).toBe("tls");
    for (const { group, over } of FAULTS) {
      if (group === "protocol") expect(over).toBe("plain");
      if (group === "tls") expect(over).toBe("tls");
    }
    expect(faultsOver("plain").length + faultsOver("tls").length).toBeGreaterThan(FAULTS.length);
    expect(findTrouble("tls:kill+latency")).toMatchObject({
      name: "tls:kill+latency",
      faults: [named("kill"), named("latency")],
      wire: "tls",
    });
    for (const name of ["tls:garbage", "strip-tls", "tls:", "tls:tls:kill", "kill+tls:latency"]) {
      expect(findTrouble(name)).toBeUndefined();
    }
    expect(overTls(alone(named("kill")))).toEqual(alone(named("kill"), "tls"));
    expect(overTls(alone(named("kill"), "tls"))).toEqual(alone(named("kill"), "tls"));
    expect(overTls(alone(named("garbage")))).toBeUndefined();
  });

  it("draws the same different pairs from the same seed", () => {
    const pairs = drawPairs(seeded(7), 20);
    expect(pairs).toEqual(drawPairs(seeded(7), 20));
    expect(new Set(pairs.map(({ name }) => name)).size).toBe(20);
    for (const { name, faults } of pairs) {
      expect(canPair(faults[0], faults[1])).toBe(true);
      expect(findTrouble(name)).toEqual({ name, faults, wire: "plain" });
    }
    expect(drawPairs(seeded(8), 20)).not.toEqual(pairs);
    for (const { name } of drawPairs(seeded(7), 20, "tls")) expect(findTrouble(name)?.wire).toBe("tls");
  });

  it("draws no more pairs than there are", () => {
    const all = drawPairs(seeded(1), 1_000_000);
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });
});
