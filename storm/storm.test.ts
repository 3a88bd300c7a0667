import { describe, expect, it } from "vitest";
import { baseline, type Case, type Plan, plans, play } from "./campaign.js";
import { gates } from "./gates.js";
import type { ScenarioName } from "./scenarios.js";

/** Few enough to be quick; with so few, a peak is a matter of luck, too. */
const CLIENTS = 200;
/** So much of nats.js's peak, instead of a fifth. */
const PART = 1 / 3.5;

function storm(scenario: ScenarioName, tls: boolean, changes: Partial<Plan> = {}): Case {
  return play(
    { scenario, tls, clients: CLIENTS, window: 0, strategies: ["nats.js", "holdfast"], ...changes },
    1,
  );
}

describe("all clients lose all servers", () => {
  it.each([
    ["all", false],
    ["all", true],
    ["late", false],
    ["late", true],
  ] as const)(
    "%s, TLS %s: far fewer come back at once than with nats.js, and the last not much later",
    (scenario, tls) => {
      const played = storm(scenario, tls);
      const ours = played.results.get("holdfast")!;
      const theirs = baseline(played)!;
      expect(ours.lost).toBe(CLIENTS);
      expect(ours.gaveUp).toBe(0);
      expect(ours.peak).toBeLessThan(theirs.peak * PART);
      expect(ours.last).toBeLessThanOrEqual(theirs.last * 1.5);
    },
  );

  it("the same seed gives the same storm", () => {
    const [first, second] = [1, 2].map(() => storm("one", true, { clients: 60 }));
    expect(second.results).toEqual(first.results);
  });
});

describe("one server of three dies", () => {
  it.each([false, true])("TLS %s: nobody dials more than nats.js does, and all are served as soon", (tls) => {
    const played = storm("one", tls);
    const ours = played.results.get("holdfast")!;
    const theirs = baseline(played)!;
    expect(ours.connects).toBeLessThanOrEqual(theirs.connects * 1.1);
    expect(ours.last).toBeLessThanOrEqual(theirs.last * 1.2);
  });
});

describe("a lame duck", () => {
  it("has nobody left before it cuts off the first, and no attempt fails", () => {
    const played = storm("lame-duck", true);
    const ours = played.results.get("holdfast")!;
    expect(ours.moved).toBeGreaterThan(CLIENTS / 5);
    expect(ours.last).toBeLessThan(9000);
    expect(gates(played).filter(({ held, asked }) => !held && asked !== false)).toEqual([]);
  });
});

describe("replays of all clients together", () => {
  it.each(plans(["one", "late"], ["holdfast"], 5 * CLIENTS).filter(({ window }) => window > 0))(
    "$scenario: no attempt runs out of time, no link is given up",
    (plan) => {
      const played = play(plan, 1);
      const ours = played.results.get("holdfast")!;
      expect(ours.replayed).toBeGreaterThan(0);
      expect(gates(played).filter(({ held }) => !held)).toEqual([]);
    },
  );
});
