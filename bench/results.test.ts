import { expect, test } from "vitest";
import { CASES, type RecoveryCase, type ThroughputCase } from "./cases.js";
import { CLIENTS, type ClientName } from "./clients/client.js";
import type { Sample } from "./processes/meter.js";
import { recoveryResult, throughputResult } from "./results.js";

const publish = CASES.find((one) => one.name === "publish-128") as ThroughputCase;
const recovery = CASES.find((one) => one.name === "recovery-3s") as RecoveryCase;

/** Samples of a second each, from messages per second. */
function samples(rates: Partial<Record<ClientName, number[]>>): Map<ClientName, Sample[]> {
  const sample = (messages: number) => ({ messages, seconds: 1, cpuSeconds: 0.5, peakRss: 1 });
  return new Map(CLIENTS.map((client) => [client, (rates[client] ?? [1, 1, 1]).map(sample)]));
}

test("ratios are taken pair by pair, not from medians", () => {
  // The medians are equal; in every pair but one, Holdfast is twice as fast.
  const result = throughputResult(publish, samples({ holdfast: [2, 4, 20], natsjs: [1, 10, 4] }));
  const [first] = result.comparisons;
  expect([first.client, first.against, first.rate.median]).toEqual(["holdfast", "natsjs", 2]);
});

test("a target is met by the median, and said to be unsure when the interval holds it", () => {
  const sure = throughputResult(publish, samples({ holdfast: [3, 3, 3] })).verdicts[0];
  expect(sure).toMatchObject({ met: true, found: "3.00 × (3.00 – 3.00)" });
  const unsure = throughputResult(publish, samples({ holdfast: [1, 3, 3] })).verdicts[0];
  expect(unsure.met).toBe(true);
  expect(unsure.found).toContain("more pairs");
  expect(throughputResult(publish, samples({ holdfast: [2, 2, 3] })).verdicts[0].met).toBe(false);
});

test("a recovery has a factor and a slack; one that never ended is no obstacle to the median", () => {
  const times = (holdfast: number[]) =>
    new Map<ClientName, number[]>([
      ["holdfast", holdfast],
      ["natsjs", [10, 10, 10]],
    ]);
  expect(recoveryResult(recovery, times([5, 12.9, Number.POSITIVE_INFINITY])).verdicts[0].met).toBe(true);
  const missed = recoveryResult(recovery, times([5, 13.1, 20])).verdicts[0];
  expect(missed).toMatchObject({ met: false, found: "13.1 ms, and the limit is 13.0 ms" });
});
