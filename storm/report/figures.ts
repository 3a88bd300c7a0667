import type { Case } from "../campaign.js";
import { SCENARIOS } from "../scenarios.js";
import type { Result } from "../simulate.js";
import { STRATEGIES, type StrategyName } from "../strategies.js";

/** "1,450". */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** ms as "24.8 s", and "never". */
export function seconds(ms: number): string {
  return Number.isFinite(ms) ? `${(ms / 1000).toFixed(1)} s` : "never";
}

/** ms as "24.8 s", or "450 ms". */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : seconds(ms);
}

/** What is told of a result, and how. */
interface Column {
  readonly head: string;
  readonly cell: (result: Result) => string;
}

const FAILED: Column = {
  head: "failed attempts",
  // Where nobody listens, an attempt costs nobody anything.
  cell: ({ failed }) => count(failed),
};

const STORM: readonly Column[] = [
  { head: "peak/s", cell: ({ peak }) => count(peak) },
  { head: "one server", cell: ({ peakWorst }) => count(peakWorst) },
  { head: "in 100 ms", cell: ({ burst }) => count(burst / 10) },
  { head: "median back", cell: ({ median }) => seconds(median) },
  { head: "last back", cell: ({ last }) => seconds(last) },
  { head: "gave up", cell: ({ gaveUp }) => count(gaveUp) },
  FAILED,
  { head: "connects", cell: ({ connects }) => count(connects) },
];

const LAME_DUCK: readonly Column[] = [
  { head: "peak/s", cell: ({ peak }) => count(peak) },
  { head: "in 100 ms", cell: ({ burst }) => count(burst / 10) },
  { head: "median moved", cell: ({ median }) => seconds(median) },
  { head: "last moved", cell: ({ last }) => seconds(last) },
  { head: "lost their link", cell: ({ lost }) => count(lost) },
  FAILED,
  { head: "connects", cell: ({ connects }) => count(connects) },
];

const REPLAYS: readonly Column[] = [
  { head: "last back", cell: ({ last }) => seconds(last) },
  { head: "all replayed", cell: ({ replayed }) => seconds(replayed) },
  { head: "longest PING", cell: ({ longestPing }) => duration(longestPing) },
  { head: "links given up", cell: ({ condemned }) => count(condemned) },
  FAILED,
];

function columns({ scenario, window }: Case): readonly Column[] {
  if (window > 0) return REPLAYS;
  return scenario === "lame-duck" ? LAME_DUCK : STORM;
}

/** "One of three servers restarts, back after 15 s; with TLS". */
export function title({ scenario, tls, window }: Case): string {
  const text = SCENARIOS[scenario].title;
  const extra = window > 0 ? `; each client writes ${window / 1000} KB again` : tls ? "; with TLS" : "";
  return `${text[0].toUpperCase()}${text.slice(1)}${extra}`;
}

/** The kind of client, as people know it. */
export function clientName(name: StrategyName): string {
  return STRATEGIES[name].title;
}

/** A table of the case: its heads, and one row per kind of client. */
export function table(played: Case): { heads: string[]; rows: string[][] } {
  const shown = columns(played);
  const rows = [...played.results].map(([name, result]) => [
    clientName(name),
    ...shown.map(({ cell }) => cell(result)),
  ]);
  return { heads: ["", ...shown.map(({ head }) => head)], rows };
}
