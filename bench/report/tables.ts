import Table from "cli-table3";
import pc from "picocolors";
import type { Who } from "../case.js";
import { NAMES } from "../clients/names.js";
import { FIGURES, labelOf } from "../figures.js";
import type { Comparison, Result, Verdict } from "../results.js";
import { ratio } from "./ratio.js";

/** A table as rows of text, for the terminal and for the page. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The medians of every client in every step. */
export function figuresTable({ measured: { of }, rows, steps }: Result): TextTable {
  const stepped = steps.length > 1;
  const figures = of.figures.filter((figure) => rows.some(({ values }) => values[figure] !== undefined));
  return {
    head: [...(stepped ? [""] : []), "client", ...figures.map((figure) => labelOf(figure, of))],
    rows: rows.map(({ client, step, values }) => [
      ...(stepped ? [step] : []),
      NAMES[client],
      ...figures.map((figure) => {
        const value = values[figure];
        return value === undefined ? "" : FIGURES[figure].format(value.median);
      }),
    ]),
  };
}

/** Ratios with their intervals; undefined when nothing is compared. */
export function ratiosTable({ measured: { of }, comparisons }: Result): TextTable | undefined {
  const figures = of.figures.filter((figure) =>
    comparisons.some(({ ratios }) => ratios[figure] !== undefined),
  );
  if (figures.length === 0) return undefined;
  return {
    head: ["round by round", ...figures.map((figure) => labelOf(figure, of))],
    rows: comparisons.map((one) => [
      pair(one),
      ...figures.map((figure) => {
        const value = one.ratios[figure];
        return value === undefined ? "" : ratio(value);
      }),
    ]),
  };
}

function pair({ of, against }: Comparison): string {
  if (of.client === against.client) return `${NAMES[of.client]}: ${of.step} / ${against.step}`;
  return `${at(of)}${NAMES[of.client]} / ${NAMES[against.client]}`;
}

function at({ step }: Who): string {
  return step === "" ? "" : `${step}: `;
}

/** What was measured in one case, as text for a terminal. */
export function describe(result: Result): string {
  const { name, title } = result.measured.of;
  const compared = ratiosTable(result);
  return [
    `\n${pc.bold(name)}  ${title}`,
    pc.dim(`medians of ${result.rounds} rounds, ratios with their 95 % interval`),
    drawn(figuresTable(result), result.steps.length > 1 ? [0, 1] : [0]),
    ...(compared === undefined ? [] : [drawn(compared, [0])]),
    ...result.verdicts.map(verdictLine),
  ].join("\n");
}

function drawn({ head, rows }: TextTable, texts: number[]): string {
  const shown = table([...head], texts);
  for (const row of rows) shown.push([...row]);
  return shown.toString();
}

/** A table with text in the columns of these numbers, and figures in the others. */
export function table(head: string[], texts: number[] = [0]): Table.Table {
  return new Table({
    head: head.map((text) => pc.bold(text)),
    colAligns: head.map((_, column) => (texts.includes(column) ? "left" : "right")),
    style: { head: [], border: [], compact: true },
  });
}

function verdictLine({ target, met, unsure, found }: Verdict): string {
  const more = unsure ? "; more rounds would make it sure" : "";
  return `${met ? pc.green("reached") : pc.red("not reached")}: ${target} (${found}${more})`;
}
