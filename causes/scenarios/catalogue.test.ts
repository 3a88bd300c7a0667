import { describe, expect, it } from "vitest";
import { blamesWrongSide } from "../sides.js";
import { SCENARIOS } from "./catalogue.js";

/** Kinds that a handful of ways is enough for. */
const FEW: ReadonlySet<string> = new Set(["client", "unknown"]);

describe("the scenarios", () => {
  it("are at least sixty, each with a name of its own and a sentence", () => {
    expect(SCENARIOS.length).toBeGreaterThanOrEqual(60);
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
    for (const { name, does, codes } of SCENARIOS) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(does).toMatch(/^\S.+\S$/);
      expect(codes.length).toBeGreaterThan(0);
    }
  });

  it("provoke each kind in at least three ways", () => {
    const counts = new Map<string, number>();
    for (const { kind } of SCENARIOS) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    expect([...counts.keys()].sort()).toEqual([
      "authentication",
      "client",
      "lame-duck",
      "local-stall",
      "network",
      "overload",
      "payload",
      "protocol",
      "refused",
      "server-shutdown",
      "slow-consumer",
      "stale",
      "tls",
      "unknown",
    ]);
    for (const [kind, count] of counts) expect(count, kind).toBeGreaterThanOrEqual(FEW.has(kind) ? 1 : 3);
  });

  it("have two right kinds in five cases at most, which say why", () => {
    const doubtful = SCENARIOS.filter(({ also }) => also !== undefined);
    expect(doubtful.length).toBeLessThanOrEqual(5);
    for (const { also, kind } of doubtful) {
      expect(also!.kind).not.toBe(kind);
      expect(also!.why).toMatch(/\w/);
    }
  });

  it.each(SCENARIOS.map(({ name, kind, side }) => [name, kind, side] as const))(
    "%s: %s can be the doing of the %s",
    (name, kind, side) => {
      // Whose doing it is follows from what is done; these are done by another than the kind's usual one.
      const unusual = ["payload-info-wrong", "protocol-control-line"];
      expect(blamesWrongSide(kind, side)).toBe(unusual.includes(name));
    },
  );
});
