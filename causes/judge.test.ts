import { describe, expect, it } from "vitest";
import type { Cause } from "../src/index.js";
import { crashed, judge, type Result, sumOf, type Verdict } from "./judge.js";
import type { Scenario } from "./scenario.js";

const scenario: Scenario = {
  name: "stall",
  does: "the process stands still",
  kind: "local-stall",
  codes: ["STALE_CONNECTION", "CONNECTION_LOST"],
  side: "client",
  play: () => Promise.reject(new Error("not here")),
};

const cause = (change: Partial<Cause> = {}): Cause => ({
  kind: "local-stall",
  code: "STALE_CONNECTION",
  message: "it stood still",
  evidence: ["this process did not run", "another fact"],
  advice: ["run", "run faster"],
  docs: "docs/causes/local-stall.md",
  ...change,
});

const told = (change?: Partial<Cause>, of: Scenario = scenario) =>
  judge(of, { occasion: "disconnect", cause: cause(change) }, 12.3);

describe("what was told", () => {
  it("is right with the kind and a code of the label; the first fact and the first advice are kept", () => {
    expect(told()).toEqual({
      name: "stall",
      does: "the process stands still",
      kind: "local-stall",
      codes: ["STALE_CONNECTION", "CONNECTION_LOST"],
      side: "client",
      verdict: "right",
      why: "",
      told: {
        kind: "local-stall",
        code: "STALE_CONNECTION",
        message: "it stood still",
        evidence: "this process did not run",
        advice: "run",
        docs: "docs/causes/local-stall.md",
      },
      ms: 12,
    });
    expect(told({ code: "CONNECTION_LOST" }).verdict).toBe("right");
  });

  it.each<[Partial<Cause>, Verdict, string]>([
    [
      { kind: "server-shutdown" },
      "wrong-side",
      "it is local-stall, and server-shutdown does not blame the client",
    ],
    [{ kind: "stale" }, "wrong-side", "it is local-stall, and stale does not blame the client"],
    [{ kind: "slow-consumer" }, "wrong", "it is local-stall, not slow-consumer"],
    [{ kind: "unknown" }, "wrong", "it is local-stall, not unknown"],
    [{ code: "TIMEOUT" }, "wrong", "the code is STALE_CONNECTION or CONNECTION_LOST, not TIMEOUT"],
    [{ advice: [] }, "wrong", "no advice"],
    [{ docs: "" }, "wrong", "no advice"],
    [{ evidence: [] }, "no-cause", "no evidence"],
    [{ message: "" }, "no-cause", "kind, code or message is missing"],
    [{ kind: undefined }, "no-cause", "kind, code or message is missing"],
  ])("%j: %s", (change, verdict, why) => {
    expect(told(change)).toMatchObject({ verdict, why });
  });

  it("may be the second kind, where there is one; its side is not asked then", () => {
    const twofold: Scenario = { ...scenario, also: { kind: "server-shutdown", why: "both look alike" } };
    expect(told({ kind: "server-shutdown" }, twofold)).toMatchObject({
      verdict: "right",
      also: twofold.also,
    });
    expect(told({ kind: "network" }, twofold).verdict).toBe("wrong-side");
  });

  it("needs no reasons where the application did it", () => {
    const own: Scenario = { ...scenario, kind: "client", codes: ["CLOSE"] };
    const said = { kind: "client", code: "CLOSE", evidence: [], advice: [], docs: "" } as const;
    expect(told({ ...said, evidence: [], advice: [] }, own).verdict).toBe("right");
  });

  it("is nothing: no event, or an event without a cause", () => {
    expect(judge(scenario, undefined, 1)).toMatchObject({ verdict: "no-cause", told: undefined });
    expect(judge(scenario, { occasion: "close", cause: undefined }, 1).verdict).toBe("no-cause");
  });

  it("is not known when the scenario could not be played", () => {
    expect(crashed(scenario, new Error("no server"), 1)).toMatchObject({
      verdict: "crashed",
      why: "no server",
    });
    expect(crashed(scenario, "text", 1)).toMatchObject({ verdict: "crashed", why: "text" });
  });
});

describe("the sum", () => {
  const results = (counts: Partial<Record<Verdict, number>>): Result[] =>
    Object.entries(counts).flatMap(([verdict, count]) =>
      Array.from({ length: count }, () => ({ ...told(), verdict: verdict as Verdict })),
    );

  it.each<[Partial<Record<Verdict, number>>, boolean]>([
    [{ right: 100 }, true],
    [{ right: 95, wrong: 5 }, true],
    [{ right: 94, wrong: 6 }, false],
    [{ right: 95, crashed: 5 }, true],
    [{ right: 94, crashed: 6 }, false],
    [{ right: 99, "wrong-side": 1 }, false],
    [{ right: 99, "no-cause": 1 }, false],
    [{}, false],
  ])("%j is good enough: %s", (counts, kept) => {
    expect(sumOf(results(counts))).toMatchObject({
      right: counts.right ?? 0,
      wrongSide: counts["wrong-side"] ?? 0,
      noCause: counts["no-cause"] ?? 0,
      kept,
    });
  });
});
