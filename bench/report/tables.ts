import Table from "cli-table3";
import pc from "picocolors";
import type { Comparison, RecoveryResult, Result, ThroughputResult, Verdict } from "../results.js";
import { cpu, duration, mebibytes, NAMES, rate, ratio } from "./figures.js";

/** What was measured in one case, as text for a terminal. */
export function describe(result: Result): string {
  return "comparisons" in result ? describeThroughput(result) : describeRecovery(result);
}

function describeThroughput({ of, samples, rows, comparisons, verdicts }: ThroughputResult): string {
  const rounds = [...samples.values()][0].length;
  const figures = table(["", "messages/s", "CPU per message", "peak RSS"]);
  for (const row of rows) {
    figures.push([NAMES[row.client], rate(row.rate), cpu(row.cpu), mebibytes(row.peakRss)]);
  }
  const against = table(["pair by pair", "messages/s", "CPU per message"]);
  for (const one of comparisons) against.push([pair(one), ratio(one.rate), ratio(one.cpu)]);
  return [
    heading(of.name, of.title, `medians of ${rounds} rounds, ratios with their 95 % interval`),
    figures.toString(),
    against.toString(),
    ...verdicts.map(verdictLine),
  ].join("\n");
}

function describeRecovery({ of, samples, rows, ratio: estimated, verdicts }: RecoveryResult): string {
  const kills = [...samples.values()][0].length;
  const figures = table(["", "median", "best", "worst"]);
  for (const row of rows) {
    figures.push([NAMES[row.client], duration(row.median), duration(row.best), duration(row.worst)]);
  }
  return [
    heading(of.name, of.title, `${kills} kills each`),
    figures.toString(),
    `Holdfast / nats.js, kill by kill: ${ratio(estimated)}`,
    ...verdicts.map(verdictLine),
  ].join("\n");
}

/** A table with text in the columns of these numbers, and figures in the others. */
export function table(head: string[], texts: number[] = [0]): Table.Table {
  return new Table({
    head: head.map((text) => pc.bold(text)),
    colAligns: head.map((_, column) => (texts.includes(column) ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
}

function heading(name: string, title: string, how: string): string {
  return `\n${pc.bold(name)}  ${title}\n${pc.dim(how)}`;
}

function pair({ client, against }: Comparison): string {
  return `${NAMES[client]} / ${NAMES[against]}`;
}

function verdictLine({ target, met, found }: Verdict): string {
  return `${met ? pc.green("met") : pc.red("not met")}: ${target} (${found})`;
}
