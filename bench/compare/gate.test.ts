import { describe, expect, it } from "vitest";
import { casesNamed } from "../cases.js";
import type { ClientName } from "../clients/client.js";
import type { Run, Sample } from "../figures.js";
import { resultOf } from "../results.js";
import { again, failures } from "./gate.js";

const [publish] = casesNamed("publish-128");

function compared(mine: Sample[], base: Sample[]) {
  const runs = new Map<ClientName, Run[]>(
    (
      [
        ["holdfast", mine],
        ["base", base],
      ] as const
    ).map(([client, list]) => [client, list.map((sample) => ({ "": sample }))]),
  );
  return [resultOf({ of: { ...publish, clients: ["holdfast", "base"], targets: [] }, date: "", runs })];
}

const sample = (rate: number, cpu: number): Sample => ({ rate, cpu, peakRss: 1 });
const even = [sample(1, 1), sample(1, 1), sample(1, 1)];

describe("the gate", () => {
  it("lets pass what is no worse than it allows", () => {
    expect(failures(compared(even, even), 0.97)).toEqual([]);
    expect(failures(compared([sample(0.98, 1.02), sample(0.98, 1.02)], even.slice(1)), 0.97)).toEqual([]);
  });

  it("stops what is surely slower, or surely dearer", () => {
    const slower = even.map(() => sample(0.9, 1));
    expect(failures(compared(slower, even), 0.97)).toEqual([
      { name: "publish-128", step: "", figure: "rate", text: "publish-128: per second 0.90 × (0.90 – 0.90)" },
    ]);
    const dearer = even.map(() => sample(1, 1.1));
    expect(failures(compared(dearer, even), 0.97).map(({ text }) => text)).toEqual([
      "publish-128: CPU per unit 1.10 × (1.10 – 1.10)",
    ]);
  });

  it("lets pass what may be as good: the interval reaches it", () => {
    const unsure = [sample(0.9, 1.2), sample(0.9, 1.2), sample(1, 1)];
    expect(failures(compared(unsure, even), 0.97)).toEqual([]);
  });

  it("fails what fails twice", () => {
    const slower = failures(
      compared(
        even.map(() => sample(0.9, 1)),
        even,
      ),
      0.97,
    );
    const dearer = failures(
      compared(
        even.map(() => sample(1, 1.1)),
        even,
      ),
      0.97,
    );
    expect(again(slower, dearer)).toEqual([]);
    expect(again(slower, slower)).toEqual(slower);
  });
});
