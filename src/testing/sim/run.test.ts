import { describe, expect, it } from "vitest";
import { Coverage } from "./coverage.js";
import { ACTIONS, FAULTS } from "./profile.js";
import { type RunResult, run } from "./run.js";

/** Steps of trouble in a run here: more runs say more than longer ones. */
const STEPS = 2000;
/** ms that 50 of them may take on a busy machine. */
const LONG = 180_000;

/** How a failure is shown: what was broken, and how to see it again. */
function told({ seed, failure }: RunResult): string {
  return failure === undefined ? "" : `npm run sim -- --seed ${seed} --steps ${STEPS}: ${failure.message}`;
}

describe("any seed", () => {
  const coverage = new Coverage();

  it.each([1, 51, 101, 151])("breaks no rule, %d and the 49 behind it", { timeout: LONG }, (first) => {
    for (let seed = first; seed < first + 50; seed++) {
      const result = run({ seed, steps: STEPS });
      expect(told(result)).toBe("");
      coverage.add(result.coverage);
    }
  });

  it("is one of many in which everything happens that can", () => {
    for (const fault of FAULTS) expect(coverage.get("fault", fault), fault).toBeGreaterThan(0);
    for (const action of ACTIONS) expect(coverage.get("action", action), action).toBeGreaterThan(0);
    for (const outcome of ["confirmed", "refused", "unconfirmed", "dropped:closed", "dropped:max-payload"]) {
      expect(coverage.get("outcome", outcome), outcome).toBeGreaterThan(0);
    }
    for (const reason of ["ttl", "poison", "drop-oldest", "drop-newest"]) {
      expect(coverage.get("outcome", `dropped:${reason}`), reason).toBeGreaterThan(0);
    }
    expect(coverage.get("overflow", "taken")).toBeGreaterThan(0);
    for (const kind of ["client", "network", "server-shutdown", "lame-duck", "stale", "unknown"]) {
      expect(coverage.get("cause", `disconnect ${kind}`), kind).toBeGreaterThan(0);
    }
    for (const step of ["connecting→reconnecting", "reconnecting→connected", "reconnecting→disconnected"]) {
      expect(coverage.get("transition", step), step).toBeGreaterThan(0);
    }
  });

  it("goes the same way every time", () => {
    const hashes = new Set<string>();
    for (let seed = 1000; seed < 1020; seed++) {
      const first = run({ seed, steps: STEPS, keepTrace: true });
      expect(run({ seed, steps: STEPS }).hash).toBe(first.hash);
      expect(first.trace.length).toBeGreaterThan(0);
      hashes.add(first.hash);
    }
    expect(hashes.size).toBe(20);
  });

  it("goes the same way for all but the ingredient that is left out", () => {
    const without = new Set(["margin", "link-lost"]);
    const { profile } = run({ seed: 7, without });
    expect(profile.options.replayMargin).toBe(0);
    expect(profile.faults["link-lost"]).toBeUndefined();
    expect(profile.options.timeout).toBe(run({ seed: 7 }).profile.options.timeout);
  });
});
