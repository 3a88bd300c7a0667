import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { markdownTable } from "../../chaos/view/markdown.js";
import { GROUPS, type Group } from "../case.js";
import type { Campaign } from "../measured.js";
import { type Result, resultOf } from "../results.js";
import { type Picture, pictures } from "./charts.js";
import { MISSED, missedSection } from "./missed.js";
import { nodeSection } from "./nodes.js";
import { figuresTable, ratiosTable, type TextTable } from "./tables.js";
import { countTargets, openTargets, targetsTable } from "./targets.js";
import { before, elsewhere, TRIED_FILE } from "./words.js";

const PAGE = "docs/performance.md";
const PICTURES = "docs/performance";

/** Writes docs/performance.md and its pictures; returns where. */
export function writePage(campaigns: readonly Campaign[]): string {
  if (campaigns.length === 0) throw new Error("nothing was measured yet that a page could be made of");
  const [main] = campaigns;
  const results = main.cases.map(resultOf);
  const drawn = pictures(results);
  rmSync(PICTURES, { recursive: true, force: true });
  mkdirSync(PICTURES, { recursive: true });
  for (const { file, svg } of drawn) writeFileSync(`${PICTURES}/${file}`, svg);
  const tried = existsSync(TRIED_FILE) ? readFileSync(TRIED_FILE, "utf8").trim() : "";
  writeFileSync(PAGE, page(campaigns, results, drawn, tried));
  return PAGE;
}

/**
 * docs/performance.md.
 *
 * @param results of the first campaign
 * @param tried what was tried and what it gave, written by hand
 */
export function page(
  campaigns: readonly Campaign[],
  results: readonly Result[],
  drawn: readonly Picture[],
  tried: string,
): string {
  const groups = (Object.keys(GROUPS) as Group[]).filter((group) =>
    results.some(({ measured }) => measured.of.group === group),
  );
  const others = campaigns.slice(1).map(({ environment, cases }) => ({
    environment,
    results: cases.map(resultOf),
  }));
  const parts = [
    before(campaigns[0], results),
    targets(results),
    ...drawn.filter(({ group }) => group === undefined).map(shown),
    ...groups.map((group) => chapter(group, campaigns[0], results, drawn)),
    missedSection(results),
    ...others.map((other) => nodeSection({ environment: campaigns[0].environment, results }, other)),
    tried,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function targets(results: readonly Result[]): string {
  const open = openTargets(results);
  const why = `#${MISSED.toLowerCase().replaceAll(" ", "-")}`;
  return [
    "## Targets",
    `${countTargets(results)} are reached. *Not surely*: the limit lies in the interval. What is not reached is shown [with where it goes](${why}).`,
    targetsTable(results),
    ...(open === "" ? [] : [`Not measured yet:\n\n${open}`]),
  ].join("\n\n");
}

function chapter(
  group: Group,
  { environment }: Campaign,
  results: readonly Result[],
  drawn: readonly Picture[],
): string {
  const parts = results
    .filter(({ measured }) => measured.of.group === group)
    .map((result) => {
      const { measured, rounds, steps } = result;
      const compared = ratiosTable(result);
      return [
        `### ${measured.of.name}`,
        `${upper(measured.of.title)}. ${rounds} rounds, ${measured.date.slice(0, 10)}${elsewhere(environment, measured)}.`,
        markdown(figuresTable(result), steps.length > 1 ? 2 : 1),
        ...(compared === undefined ? [] : [markdown(compared, 1)]),
      ].join("\n\n");
    });
  const own = drawn.filter((one) => one.group === group).map(shown);
  return [`## ${GROUPS[group]}`, ...own, ...parts].join("\n\n");
}

function shown({ title, file }: Picture): string {
  return `![${title}](performance/${file})\n\n*${upper(title)}.*`;
}

function markdown({ head, rows }: TextTable, texts: number): string {
  return markdownTable(
    head.map((text, index) => ({ head: text, right: index >= texts })),
    rows,
  );
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
