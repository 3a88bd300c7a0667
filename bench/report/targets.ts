import { markdownTable } from "../../chaos/view/markdown.js";
import { CASES } from "../cases.js";
import { describeTarget, type Result, type Verdict } from "../results.js";

const COLUMNS = [{ head: "case" }, { head: "target" }, { head: "found" }, { head: "reached" }];

/** How many targets are reached, and how many there are. */
export function countTargets(results: readonly Result[]): string {
  const verdicts = results.flatMap((result) => result.verdicts);
  return `${verdicts.filter(({ met }) => met).length} of ${verdicts.length}`;
}

/** Every target with what was found, in the order of the catalogue. */
export function targetsTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ measured, verdicts }) =>
    verdicts.map((verdict) => [measured.of.name, verdict.target, verdict.found, reached(verdict)]),
  );
  return markdownTable(COLUMNS, rows);
}

function reached({ met, unsure }: Verdict): string {
  return `${met ? "yes" : "**no**"}${unsure ? ", not surely" : ""}`;
}

/** The targets of cases that there are no samples of yet, so that none is forgotten; empty when there are none. */
export function openTargets(results: readonly Result[]): string {
  const measured = new Set(results.map(({ measured: { of } }) => of.name));
  const open = CASES.filter(({ name, group }) => !measured.has(name) && group !== "recovery");
  return open
    .filter(({ targets }) => targets.length > 0)
    .map((of) => `- ${of.name}: ${of.targets.map((target) => describeTarget(target, of)).join("; ")}`)
    .join("\n");
}
