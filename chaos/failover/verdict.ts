import { median } from "../../bench/statistics.js";
import { count, duration } from "../../demo/view/figures.js";
import { type Kills, timesOf } from "./kills.js";
import type { Moves } from "./moves.js";
import { ownOf } from "./pauses.js";
import type { Receipt, Word } from "./protocol.js";
import type { Rolling } from "./rolling.js";

/** A run of one of the three kinds. */
export type Campaign = Rolling | Moves | Kills;

/** The longest pause between two deliveries that a rolling restart may cause, ms. */
export const LONGEST_GAP = 50;
/** Holdfast's median against the median of nats.js, ms. */
export const MEDIAN = { factor: 1.1, slack: 2 };
/** The slowest kill against the median. */
export const WORST = { factor: 3, slack: 20 };
/** What each server that hangs may cost beyond that, ms. */
export const HEAD_START = 300;
/** Node's timers are whole milliseconds, and come up to one late: so much more for each head start. */
export const TIMER = 1;

/** What is told of words that nobody wants to hear. */
const UNWANTED: readonly Word["word"][] = ["disconnect", "reconnect", "closed", "error", "lost", "slow"];

/** What Holdfast has promised and did not keep, in words; nats.js has promised nothing of the kind. */
export function brokenPromises(campaign: Campaign): string[] {
  if (campaign.name === "failover") return ofKills(campaign);
  if (campaign.client !== "holdfast") return [];
  return campaign.name === "rolling" ? ofRolling(campaign) : ofMoves(campaign);
}

/** What became of messages, receivers together. */
export interface Sums {
  readonly lost: number;
  readonly duplicated: number;
  /** Duplicates that the servers made. */
  readonly servers: number;
  readonly disorder: number;
}

/** Adds up what receivers have got. */
export function sums(receipts: readonly Receipt[]): Sums {
  const total = (figure: (receipt: Receipt) => number) =>
    receipts.reduce((sum, receipt) => sum + figure(receipt), 0);
  return {
    lost: total(({ lost }) => lost),
    duplicated: total(({ duplicated }) => duplicated),
    servers: total(({ servers }) => servers),
    // Between the members of a group there is no order.
    disorder: total(({ queue, disorder }) => (queue ? 0 : disorder)),
  };
}

function ofRolling({ results }: Rolling): string[] {
  const broken = results.flatMap(({ lame, standing }) =>
    standing.receipts.flatMap(ofReceipt).map((text) => `${text}, when ${lame} was restarted`),
  );
  const worst = results.map(({ pauses }) => pauses.own).toSorted((a, b) => ownOf(b) - ownOf(a))[0];
  if (ownOf(worst) > LONGEST_GAP) {
    const machine = worst.machine > 0 ? " beside what the machine has added" : "";
    broken.push(
      `nothing came to ${worst.receiver} for ${duration(ownOf(worst))}${machine}, and ${LONGEST_GAP} ms are allowed`,
    );
  }
  return [
    ...broken,
    ...ofWords(results.flatMap(({ words }) => words)),
    ...ofRejected(results.at(-1)?.standing),
  ];
}

function ofMoves({ results, standing, words }: Moves): string[] {
  const wrong = standing.errands.filter(({ wrongs }) => wrongs > 0);
  const never = results.filter(({ how }) => how === "never").length;
  return [
    ...standing.receipts.flatMap(ofReceipt),
    ...(never > 0 ? [`${count(never)} of ${count(results.length)} moves did not come to an end`] : []),
    ...wrong.map(
      ({ name, begun, wrongs, wrong }) => `${name}: ${wrongs} of ${count(begun)} went wrong: ${wrong[0]}`,
    ),
    ...ofWords(words),
    ...ofRejected(standing),
  ];
}

function ofReceipt({ receiver, lost, lostIds, duplicated }: Receipt): string[] {
  const broken: string[] = [];
  if (lost > 0) {
    const [{ publisher, id }] = lostIds;
    broken.push(`${receiver} lost ${count(lost)}, the first of them ${id} of publisher ${publisher + 1}`);
  }
  if (duplicated > 0) broken.push(`${receiver} got ${count(duplicated)} twice`);
  return broken;
}

function ofWords(words: readonly Word[]): string[] {
  return UNWANTED.flatMap((kind) => {
    const told = words.filter(({ word }) => word === kind);
    if (told.length === 0) return [];
    const [{ member, detail }] = told;
    return [`"${kind}" was told ${count(told.length)} times, first by ${member}: ${detail}`];
  });
}

function ofRejected(standing: { readonly rejected: number } | undefined): string[] {
  const rejected = standing?.rejected ?? 0;
  return rejected === 0 ? [] : [`publish() threw ${count(rejected)} times`];
}

function ofKills(kills: Kills): string[] {
  const mine = timesOf(kills, { client: "holdfast", hanging: 0 });
  const theirs = timesOf(kills, { client: "natsjs", hanging: 0 });
  const broken: string[] = [];
  const limit = MEDIAN.factor * median(theirs) + MEDIAN.slack;
  if (median(mine) > limit)
    broken.push(`the median is ${time(median(mine))}, and ${duration(limit)} are allowed`);
  const most = WORST.factor * median(mine) + WORST.slack;
  const worst = Math.max(...mine);
  if (worst > most) broken.push(`the worst is ${time(worst)}, and ${duration(most)} are allowed`);
  for (const [hanging, what] of [
    [1, "a server that hangs"],
    [2, "two servers that hang"],
  ] as const) {
    const middle = median(timesOf(kills, { client: "holdfast", hanging }));
    const allowed = limit + hanging * (HEAD_START + TIMER);
    if (middle > allowed)
      broken.push(`with ${what} the median is ${time(middle)}, and ${duration(allowed)} are allowed`);
  }
  return broken;
}

/** Of a kill; what had not come by then was not waited for. */
export function time(ms: number): string {
  return Number.isFinite(ms) ? duration(ms) : "more than 10 s";
}
