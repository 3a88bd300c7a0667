import { count } from "../../../demo/view/figures.js";
import { times } from "../../view/figures.js";
import type { Moves } from "../moves.js";
import { ownOf } from "../pauses.js";
import type { Range, Word } from "../protocol.js";
import type { Rolling } from "../rolling.js";
import { type Sums, sums } from "../verdict.js";

/** What is told of a run, one line for each figure. */
export interface Row {
  readonly label: string;
  readonly value: string;
}

/** The figures of a rolling restart. */
export function rollingRows({ results }: Rolling): Row[] {
  const standings = results.map(({ standing }) => standing);
  const words = results.flatMap((each) => each.words);
  const published = standings.reduce((sum, { ranges }) => sum + inAll(ranges), 0);
  const seconds = results.reduce((sum, { lasted }) => sum + lasted, 0) / 1000;
  return [
    { label: "restarts by lame duck", value: count(results.length) },
    { label: "until the last client had left", value: times(results.map(({ left }) => left)) },
    ...loadRows(published, seconds, sums(standings.flatMap(({ receipts }) => receipts)), words),
    { label: "longest gap of a restart", value: times(results.map(({ pauses }) => pauses.longest.ms)) },
    { label: OWN, value: times(results.map(({ pauses }) => ownOf(pauses.own))) },
    {
      label: "longest gap before it, for comparison",
      value: times(results.map((each) => each.before.longest.ms)),
    },
    { label: STALL, value: times(results.map(({ pauses }) => pauses.stall.ms)) },
  ];
}

/** The figures of moves by `reconnect()`. */
export function movesRows({ results, standing, words, lasted, pauses }: Moves): Row[] {
  return [
    { label: "calls of reconnect()", value: count(results.length) },
    { label: "until it was done", value: times(results.map(({ ms }) => ms)) },
    ...loadRows(inAll(standing.ranges), lasted / 1000, sums(standing.receipts), words),
    { label: "longest gap of all", value: times([pauses.longest.ms]) },
    { label: OWN, value: times([ownOf(pauses.own)]) },
    { label: STALL, value: times([pauses.stall.ms]) },
    ...standing.errands.map(({ name, begun, wrongs, again }) => ({
      label: `${ERRANDS[name]}: begun, went wrong, came again`,
      value: [begun, wrongs, again].map(count).join(", "),
    })),
  ];
}

const OWN = "longest without what the machine added";
const STALL = "longest time for which a process of ours stood still";
const ERRANDS = {
  request: "requests",
  requestMany: "requests for many replies",
  store: "messages stored in a stream",
  consume: "messages consumed from it",
} as const;

function loadRows(
  published: number,
  seconds: number,
  { lost, duplicated, servers, disorder }: Sums,
  words: readonly Word[],
): Row[] {
  const told = (kind: Word["word"]) => words.filter(({ word }) => word === kind);
  const moves = told("move");
  return [
    { label: "messages published", value: count(published) },
    { label: "a second", value: count(Math.round(published / seconds)) },
    { label: "lost, all receivers together", value: count(lost) },
    { label: "delivered twice", value: count(duplicated) },
    { label: "delivered twice by the servers", value: count(servers) },
    { label: "out of order, by publisher", value: count(disorder) },
    { label: "events: move, disconnect, reconnect", value: eventCounts(told) },
    { label: "both links stood for", value: times(moves.flatMap(({ overlap }) => overlap ?? [])) },
    { label: "twins removed", value: count(moves.reduce((sum, { twins = 0 }) => sum + twins, 0)) },
  ];
}

function eventCounts(told: (kind: Word["word"]) => readonly Word[]): string {
  return (["move", "disconnect", "reconnect"] as const).map((kind) => count(told(kind).length)).join(", ");
}

/** How many messages there are in these ranges. */
function inAll(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}
