import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { markdownTable } from "../../chaos/view/markdown.js";
import { type Case, STANDS_FOR } from "../campaign.js";
import { gates } from "../gates.js";
import { limitsFor } from "../limits.js";
import type { Options } from "../options.js";
import type { Outage } from "../outages.js";
import type { ScenarioName } from "../scenarios.js";
import { chart } from "./chart.js";
import { count, seconds, table, title } from "./figures.js";
import { after, before, REMARKS } from "./words.js";

const PAGE = "docs/storms.md";
const PICTURES = "docs/storms";

/** Writes docs/storms.md and its pictures; returns where. */
export function writePage(cases: readonly Case[], lengths: readonly Outage[], options: Options): string {
  rmSync(PICTURES, { recursive: true, force: true });
  mkdirSync(PICTURES, { recursive: true });
  for (const played of cases)
    if (played.window === 0) writeFileSync(`${PICTURES}/${fileOf(played)}`, chart(played));
  writeFileSync(PAGE, page(cases, lengths, options));
  return PAGE;
}

function fileOf({ scenario, tls }: Case): string {
  return `${scenario}${tls ? "-tls" : ""}.svg`;
}

/** docs/storms.md. */
export function page(cases: readonly Case[], lengths: readonly Outage[], options: Options): string {
  const storms = cases.filter(({ window }) => window === 0);
  const names = [...new Set(storms.map(({ scenario }) => scenario))];
  const sections = names.map((name) =>
    section(
      name,
      storms.filter(({ scenario }) => scenario === name),
    ),
  );
  const replays = cases.filter(({ window }) => window > 0);
  return `${[before(options, limitsFor(options.clients, true)), inShort(cases), ...sections, replayed(replays), byLength(lengths), after()].join("\n\n")}\n`;
}

function inShort(cases: readonly Case[]): string {
  const rows = cases.flatMap((played) =>
    gates(played).map(({ what, figure, held }) => [title(played), what, figure, held ? "yes" : "**no**"]),
  );
  const heads = [
    { head: "scenario" },
    { head: "asked of Holdfast" },
    { head: "reached", right: true },
    { head: "held" },
  ];
  return `## In short\n\n${markdownTable(heads, rows)}`;
}

function section(name: ScenarioName, cases: readonly Case[]): string {
  const parts = cases.map(
    (played) =>
      `${played.tls ? "With TLS:\n\n" : ""}${tableOf(played)}\n\n![${title(played)}](storms/${fileOf(played)})`,
  );
  return [`## ${title(cases[0])}`, REMARKS[name], ...parts].join("\n\n");
}

function replayed(cases: readonly Case[]): string {
  const [first] = cases;
  if (first === undefined) return "";
  const parts = cases.map((played) => `${title(played)}:\n\n${tableOf(played)}`);
  return [
    "## Replays",
    `Every client has ${first.window / 1000} KB to write again. To save memory ${count(first.clients)} clients are simulated here, and servers that are
weaker in proportion: each stands for ${STANDS_FOR}, and all together write ${count((first.clients * STANDS_FOR * first.window) / 1e6)} MB. *longest PING* is the longest time from a PING to its
PONG: beyond 5 s a client takes the server for dead, comes back, and writes everything once more.`,
    ...parts,
  ].join("\n\n");
}

function byLength(lengths: readonly Outage[]): string {
  const [{ ours }] = lengths;
  const heads = ["outage", "peak/s, nats.js", "Holdfast", "part", "last back, nats.js", "Holdfast", "times"];
  const rows = lengths.map(({ seconds: length, ours, theirs }) => [
    `${length} s`,
    count(theirs.peak),
    count(ours.peak),
    `1/${(theirs.peak / ours.peak).toFixed(1)}`,
    seconds(theirs.last),
    seconds(ours.last),
    `${(ours.last / theirs.last).toFixed(2)} ×`,
  ]);
  return `## Short and long outages

All three servers restart, without TLS; ${count(ours.lost)} clients and servers that are weaker in proportion; nats.js with \`maxReconnectAttempts: -1\`.

${markdownTable(
  heads.map((head) => ({ head, right: true })),
  rows,
)}

After an outage of a few seconds nobody can hold both limits: 10,000 clients at a fifth of nats.js's peak take five seconds, and that is more than half of the outage.
The waits grow with the outage instead: what was short stays short, and what was long enough to wait for is spread.`;
}

function tableOf(played: Case): string {
  const { heads, rows } = table(played);
  return markdownTable(
    heads.map((head, index) => ({ head, right: index > 0 })),
    rows,
  );
}
