import { expect } from "vitest";
import { type DoctorOptions, type DoctorReport, describeReport, doctor } from "../../../src/doctor/index.js";

/** ms that a busy machine may add to what doctor promises. */
const SLACK = 5000;
const LEVELS = ["error", "warning", "hint"];

/** Runs doctor, and checks what holds for every report: bounded, plain, in order, readable, nothing secret in it. */
export async function examine(
  servers: string | string[] | undefined,
  options: DoctorOptions = {},
  secrets: readonly string[] = [],
): Promise<DoctorReport> {
  const begun = performance.now();
  const report = await doctor(servers, options);
  expect(performance.now() - begun).toBeLessThan((options.deadline ?? 30_000) + SLACK);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  const { verdict, summary, findings } = report;
  const levels = findings.map(({ level }) => LEVELS.indexOf(level));
  expect(levels).toEqual(levels.toSorted((a, b) => a - b));
  expect(verdict).toBe(["broken", "warnings", "healthy"][levels[0] ?? 2]);
  for (const { message, why, advice, rule, docs } of findings) {
    expect(rule).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    expect(docs).toMatch(/^docs\/[a-z/-]+\.md(?:#[a-z-]+)?$/);
    for (const text of [message, why, ...advice]) expect(text).toMatch(/^[^\p{Cc}]+$/u);
    expect(advice.length, rule).toBeGreaterThan(0);
  }
  const text = describeReport(report, { verbose: true });
  expect(text.replaceAll(/\s+/g, " ").startsWith(summary.replaceAll(/\s+/g, " "))).toBe(true);
  expect(text).toMatch(/^[^\p{Cc}]*(?:\n[^\p{Cc}]*)*$/u);
  const everything = JSON.stringify(report) + text + describeReport(report, { colors: true });
  for (const secret of secrets) expect(everything).not.toContain(secret);
  return report;
}

/** The rules of what was found, without hints. */
export function rules({ findings }: DoctorReport): string[] {
  return findings.flatMap(({ rule, level }) => (level === "hint" ? [] : [rule]));
}
