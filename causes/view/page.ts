import { several } from "../../chaos/view/figures.js";
import { type Column, markdownTable } from "../../chaos/view/markdown.js";
import type { CauseKind } from "../../src/index.js";
import { type Result, sumOf } from "../judge.js";
import { BLAMED } from "../sides.js";
import { type Run, verdict } from "./summary.js";

const COLUMNS: readonly Column[] = [
  { head: "what is done" },
  { head: "whose doing" },
  { head: "told" },
  { head: "right" },
  { head: "first fact" },
  { head: "first advice" },
];

/** docs/causes.md. */
export function page(run: Run): string {
  const kinds = [...new Set(run.results.map(({ kind }) => kind))];
  const parts = [top(run), inShort(run, kinds), rules(run), ...kinds.map((kind) => section(run, kind))];
  return `${parts.join("\n\n")}\n`;
}

function top({ environment, seconds }: Run): string {
  return `# Does the client say why?

<!-- Made by \`npm run causes -- --write\`: change what is in causes/, not this page. -->

Disconnects, closes and failed attempts that are provoked with real nats-servers, a fault proxy, signals, and peers that do what no
nats-server does; each has a label that follows from what is done. Beside it stands what Holdfast says of it: \`cause\` of the events
\`disconnect\`, \`attemptFailed\` and \`close\`.

| | |
|---|---|
| date | ${environment.date.slice(0, 10)} |
| versions | Holdfast ${environment.holdfast}, nats-server ${environment.natsServer}, Node ${environment.node} |
| machine | ${environment.cores} × ${environment.cpu}, ${environment.platform} |
| again | \`npm run causes\`, ${seconds.toFixed(0)} s |`;
}

function inShort({ results }: Run, kinds: readonly CauseKind[]): string {
  const rows = kinds.map((kind) => {
    const some = results.filter((one) => one.kind === kind);
    return [`[${kind}](#${kind})`, `${some.length}`, `${sumOf(some).right}`];
  });
  const columns = [{ head: "kind" }, { head: "provoked", right: true }, { head: "told right", right: true }];
  return `## In short

**${verdict(sumOf(results))}**

${markdownTable(columns, rows)}`;
}

function rules({ results }: Run): string {
  const blamed = Object.entries(BLAMED).map(([kind, sides]) => [kind, sides.join(", ") || "nobody"]);
  const doubtful = results.flatMap(({ name, also }) =>
    also ? [`- \`${name}\`: ${also.kind}; ${also.why}.`] : [],
  );
  return `## What is right

Right is the kind of the label with one of its codes, at least one fact, and advice. In ${several(doubtful.length, "scenario")} a second kind is right:

${doubtful.join("\n")}

A kind that is not right may still blame the one who has done it. The wrong side is blamed by a kind whose row does not have it:

${markdownTable([{ head: "kind" }, { head: "blames" }], blamed)}`;
}

function section({ results }: Run, kind: CauseKind): string {
  const rows = results.filter((one) => one.kind === kind).map(row);
  const columns = [{ head: "scenario" }, ...COLUMNS];
  return `## ${kind}

${markdownTable(columns, rows)}`;
}

function row({ name, does, side, told, verdict: judged, why }: Result): string[] {
  const right = judged === "right" ? "yes" : `**no**: ${why}`;
  const said = told === undefined ? "–" : `${told.kind} (${told.code})`;
  return [name, does, side, said, right, told?.evidence ?? "", told?.advice ?? ""].map(cell);
}

/** What came from a server must not end a cell, nor become markup. */
function cell(text: string): string {
  return text
    .replace(/[\r\n]+/g, " ")
    .replace(/[|<>]/g, (sign) => ({ "|": "\\|", "<": "&lt;", ">": "&gt;" })[sign]!);
}
