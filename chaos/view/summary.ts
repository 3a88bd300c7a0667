import Table from "cli-table3";
import pc from "picocolors";
import { describeEnvironment, type Environment } from "../../bench/environment.js";
import { bytes, count } from "../../demo/view/figures.js";
import type { Options } from "../options.js";
import { failed, type Result } from "../suite.js";
import { accountsOf, known, nameOf, type Sum, several, sum, times } from "./figures.js";

/** A run of the suite that is over. */
export interface Run {
  readonly command: string;
  readonly options: Options;
  readonly minutes: number;
  readonly environment: Environment;
  readonly results: readonly Result[];
}

interface Row {
  readonly label: string;
  readonly value: (sum: Sum) => string;
}

/** What is told of all trials of a client together, here and on the page. */
export const ROWS: readonly Row[] = [
  { label: "faults injected", value: ({ injected }) => count(injected) },
  { label: "messages accepted by publish()", value: ({ accepted }) => count(accepted) },
  { label: "confirmed by a server", value: ({ confirmed }) => known(confirmed) },
  { label: "delivered: the witness heard them", value: ({ delivered }) => count(delivered) },
  { label: "reported as dropped or not confirmed", value: ({ reported }) => count(reported) },
  { label: "died with their server", value: ({ diedWithServer }) => count(diedWithServer) },
  { label: "damaged on the way", value: ({ damaged }) => count(damaged) },
  { label: "lost", value: ({ lost }) => count(lost) },
  { label: "delivered twice", value: ({ duplicated }) => count(duplicated) },
  { label: "refused by publish() with an error", value: ({ rejected }) => count(rejected) },
  { label: "until the loss was told, median / worst", value: ({ detection }) => times(detection) },
  { label: "until the link stood again, median / worst", value: ({ recovery }) => times(recovery) },
  { label: "memory beyond the start, worst", value: ({ held }) => bytes(Math.max(0, held)) },
];

/** The end of a run, for people: the totals, and the verdict. */
export function summary(run: Run): string {
  const { options, results, environment, command } = run;
  const sums = options.subjects.map((subject) => sum(accountsOf(results, subject)));
  const table = new Table({
    head: ["", ...options.subjects.map((subject) => pc.bold(nameOf(subject)))],
    colAligns: ["left", ...sums.map(() => "right" as const)],
    style: { head: [], border: [], compact: true },
  });
  for (const { label, value } of ROWS) table.push([label, ...sums.map(value)]);
  const parts = [
    table.toString(),
    verdict(run),
    `${pc.dim(describeEnvironment(environment))}\nagain: ${pc.cyan(command)}`,
  ];
  const slow = remarkOnPace(sums, options);
  if (slow !== undefined) parts.splice(1, 0, pc.yellow(slow));
  return `\n${parts.join("\n\n")}\n`;
}

/** Says so when the rate was not kept. */
export function remarkOnPace(sums: readonly Sum[], { rate }: Pick<Options, "rate">): string | undefined {
  const pace = Math.min(1, ...sums.map((each) => each.pace));
  if (pace >= 0.97) return undefined;
  return `The rate was not kept: ${count(Math.round(rate * pace))} of ${count(rate)} msg/s in the slowest trial.`;
}

function verdict({ results, options }: Run): string {
  const bad = results.filter(failed);
  if (bad.length === 0) {
    if (!options.subjects.some(({ client }) => client === "holdfast"))
      return pc.bold("No promises were tested.");
    return pc.bold(
      `${pc.green("✔")} Holdfast kept its promises in ${several(options.troubles.length, "fault")}.`,
    );
  }
  const names = [...new Set(bad.map(({ trouble }) => trouble.name))].join(", ");
  return pc.bold(
    pc.red(`✖ ${bad.length} of ${several(results.length, "trial")} failed: ${names} (seed ${options.seed}).`),
  );
}
