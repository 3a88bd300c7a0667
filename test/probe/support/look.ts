import { expect } from "vitest";
import { type ProbeOptions, type ProbeReport, type ProbeStepName, probe } from "../../../src/index.js";

/** ms that a busy machine may add to what a probe promises. */
const SLACK = 3000;

/** Probes, and checks what holds for every report: bounded, complete, in its order, nothing secret in it. */
export async function look(
  url: string,
  options: ProbeOptions = {},
  secrets: readonly string[] = [],
): Promise<ProbeReport> {
  const told: string[] = [];
  const begun = performance.now();
  const report = await probe(url, { timeout: 5000, ...options, onStep: ({ name }) => told.push(name) });
  expect(performance.now() - begun).toBeLessThan((options.deadline ?? 10_000) + SLACK);
  expect(told).toEqual(report.steps.map(({ name }) => name));
  expect(report.ok).toBe(report.steps.every(({ ok }) => ok));
  expect(report.ok).toBe(report.failed === undefined);
  expect(report.ok).toBe(report.cause === undefined);
  for (const { ok, error, detail, ms } of report.steps) {
    expect(error === undefined).toBe(ok);
    expect(detail).toMatch(/^[^\p{Cc}]{1,400}$/u);
    expect(ms).toBeGreaterThanOrEqual(0);
  }
  const text = JSON.stringify(report) + report.steps.map(({ error }) => error?.message).join();
  for (const secret of secrets) expect(text).not.toContain(secret);
  return report;
}

/** The names of the steps that went well, and the one that did not with a minus. */
export function way({ steps }: ProbeReport): string {
  return steps.map(({ name, ok }) => `${ok ? "" : "-"}${name}`).join(" ");
}

/** What one step says. */
export function detail({ steps }: ProbeReport, wanted: ProbeStepName): string {
  return steps.find(({ name }) => name === wanted)?.detail ?? "";
}
