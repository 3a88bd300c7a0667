import Table from "cli-table3";
import pc from "picocolors";
import { describeVerdict } from "../../src/testing/history/verdict.js";
import { columns, sparkline } from "../curve.js";
import { type FigureName, type Finding, judge } from "../figures.js";
import { medians } from "../trend.js";
import type { Outcome } from "./run.js";

const MIB = 1024 * 1024;
const COLUMNS = 60;
const ROWS = 6;
const SPARKS = 24;

const LABELS: Readonly<Record<FigureName, string>> = {
  heap: "heap",
  external: "outside of the heap",
  rss: "RSS",
  descriptors: "descriptors",
  timers: "timers",
  sockets: "sockets",
  handles: "handles in all",
};
const isBytes = (name: FigureName) => name === "heap" || name === "external" || name === "rss";
const mib = (bytes: number) => `${(bytes / MIB).toFixed(2)} MiB`;
const gain = (name: FigureName, value: number) =>
  Number.isFinite(value) ? (isBytes(name) ? `${Math.round(value)} B` : value.toFixed(3)) : "?";

/** Prints what a run has found; returns whether everything held. */
export function report(outcome: Outcome): boolean {
  const { readings, seconds, verdict, tally, broken } = outcome;
  const findings = judge(readings);
  const perMinute = (readings.length / seconds) * 60;
  console.log(`\nheap after each of ${readings.length} faults, ${(seconds / 60).toFixed(1)} minutes`);
  console.log(columns(curve(outcome, "heap", COLUMNS), ROWS, mib).join("\n"));
  const table = new Table({
    head: [
      "",
      "first third",
      "last third",
      "gained per fault",
      "99 % interval",
      "per minute",
      "allowed",
      "",
      "",
    ],
    style: { head: [], border: [] },
  });
  for (const finding of findings) table.push(row(finding, perMinute, outcome));
  console.log(table.toString());
  const faults = Object.entries(outcome.faults).map(([name, count]) => `${name} ${count}`);
  console.log(`faults: ${faults.join(", ")}; reconnects ${tally.reconnects}, replayed ${tally.replayed}`);
  console.log(`history: ${describeVerdict(verdict)}`);
  console.log(
    `beside: requests ${tally.requests} (${tally.failedRequests} failed), subscriptions ${tally.subscriptions}, ` +
      `slow subscriber took ${tally.slow} and dropped ${tally.slowDropped}`,
  );
  for (const line of broken) console.log(pc.red(`✖ ${line}`));
  const leaks = findings.filter(({ judgement }) => judgement === "leak");
  for (const { name } of leaks) console.log(pc.red(`✖ ${LABELS[name]} grows with every fault`));
  const unclear = findings.filter(({ judgement }) => judgement === "unclear");
  if (unclear.length > 0) {
    const names = unclear.map(({ name }) => LABELS[name]).join(", ");
    console.log(pc.yellow(`? ${names}: too few or too rough readings to tell; run for ten minutes or more`));
  }
  const kept = leaks.length === 0 && broken.length === 0;
  if (kept)
    console.log(
      pc.green(unclear.length === 0 ? "✔ 0 lost, and nothing has a slope" : "✔ 0 lost, and no leak is seen"),
    );
  return kept;
}

function row(
  { name, first, last, trend, allowed, judgement }: Finding,
  perMinute: number,
  outcome: Outcome,
): string[] {
  const figure = isBytes(name) ? mib : String;
  return [
    LABELS[name],
    figure(first),
    figure(last),
    gain(name, trend.slope),
    `${gain(name, trend.low)} … ${gain(name, trend.high)}`,
    gain(name, trend.slope * perMinute),
    gain(name, allowed),
    sparkline(curve(outcome, name, SPARKS)),
    judgement,
  ];
}

const curve = ({ readings }: Outcome, name: FigureName, count: number): number[] =>
  medians(
    readings.map((reading, step) => ({ step, value: reading[name] })),
    count,
  ).map(({ value }) => value);
