import { describe, expect, it } from "vitest";
import type { Case } from "./case.js";
import { atLeast, atMost } from "./case.js";
import { casesNamed } from "./cases.js";
import type { ClientName } from "./clients/client.js";
import type { Run, Sample } from "./figures.js";
import type { Measured } from "./measured.js";
import { resultOf } from "./results.js";

const [publish] = casesNamed("publish-128");

/** A case with samples: of each client one for each round. */
function measured(of: Case, samples: Partial<Record<ClientName, Sample[]>>): Measured {
  const clients = Object.keys(samples) as ClientName[];
  const runs = clients.map((client): [ClientName, Run[]] => [
    client,
    samples[client]!.map((one) => ({ "": one })),
  ]);
  return { of: { ...of, clients }, date: "2026-01-01T00:00:00Z", runs: new Map(runs) };
}

const rates = (...list: number[]): Sample[] => list.map((rate) => ({ rate, cpu: 1 / rate, peakRss: 1 }));
const against = (target: Case["targets"][number], holdfast: Sample[], natsjs: Sample[]) =>
  resultOf(measured({ ...publish, targets: [target] }, { holdfast, natsjs })).verdicts[0];

describe("a result", () => {
  it("has ratios round by round, not of medians", () => {
    // The medians are equal; in every round but one, Holdfast is twice as fast.
    const { comparisons } = resultOf(
      measured(publish, { holdfast: rates(2, 4, 20), natsjs: rates(1, 10, 4) }),
    );
    expect(comparisons).toHaveLength(1);
    expect(comparisons[0]).toMatchObject({ of: { client: "holdfast" }, against: { client: "natsjs" } });
    expect(comparisons[0].ratios.rate!.median).toBe(2);
  });

  it("compares the steps of a client with its first one", () => {
    const [subjects] = casesNamed("subjects");
    const steps = subjects.works.map(({ step }) => step!);
    const run: Run = Object.fromEntries(steps.map((step, index) => [step, { cpu: 1 + index, rate: 1 }]));
    const runs = new Map<ClientName, Run[]>([["holdfast", [run, run]]]);
    const result = resultOf({ of: { ...subjects, clients: ["holdfast"] }, date: "", runs });
    expect(result.comparisons.map(({ of, ratios }) => [of.step, ratios.cpu!.median])).toEqual([
      [steps[1], 2],
      [steps[2], 3],
    ]);
    expect(result.verdicts[0]).toMatchObject({ met: false, found: "3.00 × (3.00 – 3.00)" });
  });

  it("leaves out what a client or a step does not have", () => {
    const { rows, verdicts } = resultOf(measured(publish, { holdfast: [{ rate: 1 }] }));
    expect(Object.keys(rows[0].values)).toEqual(["rate"]);
    expect(verdicts).toEqual([]);
  });
});

describe("a figure of which ratios say nothing", () => {
  it("is not compared", () => {
    const [latency] = casesNamed("latency-50000");
    const list = [{ p50: 1, p99: 2, p999: 3, waited: 0 }];
    const { rows, comparisons } = resultOf(measured(latency, { holdfast: list, natsjs: list }));
    expect(rows[0].values.waited!.median).toBe(0);
    expect(Object.keys(comparisons[0].ratios)).toEqual(["p50", "p99", "p999"]);
  });
});

describe("a target", () => {
  const three = atLeast("rate", "natsjs", 3);

  it("is reached by the median, and unsure when the interval holds it", () => {
    expect(against(three, rates(3, 3, 3), rates(1, 1, 1))).toMatchObject({ met: true, unsure: false });
    expect(against(three, rates(1, 3, 3), rates(1, 1, 1))).toMatchObject({ met: true, unsure: true });
    expect(against(three, rates(2, 2, 2), rates(1, 1, 1))).toMatchObject({ met: false, unsure: false });
  });

  it("that is not reached says what a raw socket has in its place", () => {
    const samples = { holdfast: rates(2, 2), natsjs: rates(1, 1), raw: rates(2.5, 2.5) };
    const [missed] = resultOf(measured({ ...publish, targets: [three] }, samples)).verdicts;
    expect(missed.socket).toBe("2.50 × (2.50 – 2.50)");
    const [met] = resultOf(
      measured({ ...publish, targets: [atLeast("rate", "natsjs", 2)] }, samples),
    ).verdicts;
    expect(met.socket).toBeUndefined();
    expect(against(three, rates(2), rates(1)).socket).toBeUndefined();
  });

  it("of which less is better is an upper limit", () => {
    const fifth = atMost("cpu", "natsjs", 0.2);
    expect(against(fifth, rates(5, 5, 5), rates(1, 1, 1)).met).toBe(true);
    expect(against(fifth, rates(4, 4, 4), rates(1, 1, 1))).toMatchObject({
      met: false,
      target: "CPU per message at most 1/5 × that of nats.js",
    });
  });

  it("may ask for the lower bound", () => {
    const even = { ...atMost("cpu", "natsjs", 1), by: "low" } as const;
    expect(against(even, rates(2, 0.5, 0.5), rates(1, 1, 1))).toMatchObject({ met: true, unsure: false });
    expect(against({ ...even, by: "median" }, rates(2, 0.5, 0.5), rates(1, 1, 1)).met).toBe(false);
  });

  it("with a slack is about medians, and what never ended is no obstacle to them", () => {
    const [recovery] = casesNamed("recovery-3s");
    const times = (...list: number[]): Sample[] => list.map((ms) => ({ recovery: ms }));
    const judged = (...list: number[]) =>
      resultOf(measured(recovery, { holdfast: times(...list), natsjs: times(10, 10, 10) })).verdicts[0];
    expect(judged(5, 12.9, Number.POSITIVE_INFINITY).met).toBe(true);
    expect(judged(5, 13.1, 20)).toMatchObject({ met: false, found: "13.1 ms, and the limit is 13.0 ms" });
  });

  it("may stand for itself", () => {
    const twice = {
      figure: "doubling",
      of: { client: "holdfast", step: "" },
      atMost: 2.1,
      by: "low",
    } as const;
    const [growth] = casesNamed("doubling");
    const judged = (value: number) =>
      resultOf(measured({ ...growth, targets: [twice] }, { holdfast: [{ doubling: value }] })).verdicts[0];
    expect(judged(2).met).toBe(true);
    expect(judged(3.9).met).toBe(false);
  });

  it("stands for itself in its own unit", () => {
    const of = { client: "holdfast", step: "" } as const;
    const target = { figure: "rate", of, atLeast: 20_000 } as const;
    const verdict = against(target, rates(19_000, 31_000, 32_000), rates(1, 1, 1));
    expect(verdict).toMatchObject({ met: true, found: "31.0 k (19.0 k – 32.0 k)" });
    expect(verdict.target).toContain("at least 20.0 k");
  });
});
