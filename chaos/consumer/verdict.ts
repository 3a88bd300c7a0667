import type { Entry } from "./protocol.js";

/** Something that was done to cluster, consumer or process. */
export interface Disruption {
  readonly what: string;
  /** When it began, and when all was there again: three servers that are up to date, leaders, and a process that runs. Wall clock, ms. */
  readonly at: number;
  readonly whole: number;
  /** The consumer was deleted: its successor knows of no acknowledgement that was not below the floor. */
  readonly deletes: boolean;
}

/** An acknowledgement that a server has counted. */
export interface CountedAck {
  readonly at: number;
  readonly sequence: number;
}

/** What has been seen of a run. */
export interface Evidence {
  readonly messages: number;
  readonly poisoned: ReadonlySet<number>;
  /** When the stream had stored each message, by id; wall clock, ms. */
  readonly publishedAt: readonly number[];
  readonly journal: readonly Entry[];
  readonly acks: readonly CountedAck[];
  /** Ids of the dead letters, one for each. */
  readonly deadLetters: readonly number[];
  readonly disruptions: readonly Disruption[];
  /** What the consumer says in the end. */
  readonly end: {
    readonly floor: number;
    readonly last: number;
    readonly ackPending: number;
    readonly pending: number;
  };
}

/** A time in which nothing was handled, though there was something to handle and all was whole. */
export interface Pause {
  readonly from: number;
  readonly ms: number;
  /** What had been done last. */
  readonly after: string;
}

/** What follows from it. */
export interface Verdict {
  /** Messages that were to be handled, and were not. */
  readonly unhandled: readonly number[];
  /** Messages that were handled more than once, because they came again. */
  readonly handledAgain: number;
  /** The same in one process, which should have known. */
  readonly handledTwice: readonly number[];
  readonly longestPause: Pause;
  /** Poisoned messages without a dead letter, dead letters of others, and dead letters that are there more than once. */
  readonly missingDead: readonly number[];
  readonly wrongDead: readonly number[];
  readonly doubleDead: readonly number[];
  /** Messages whose acknowledgement a server has counted more than once, with a disruption between: it had lost the first one. */
  readonly ackedAgain: number;
  /** The same without one. */
  readonly ackedTwice: readonly number[];
  /** Messages that the servers still wait for. */
  readonly unacked: number;
}

/** The longest pause that is promised, ms. */
export const LONGEST_PAUSE = 5_000;
/** ms that reports of servers may be late. */
const LATE = 500;

export function judge(evidence: Evidence): Verdict {
  const { messages, poisoned, journal, deadLetters, end } = evidence;
  const times = new Map<number, number>();
  const byProcess = new Set<string>();
  const twice = new Set<number>();
  for (const { id, outcome, process } of journal) {
    if (outcome !== "handled") continue;
    times.set(id, (times.get(id) ?? 0) + 1);
    const key = `${process} ${id}`;
    if (byProcess.has(key)) twice.add(id);
    byProcess.add(key);
  }
  const ids = Array.from({ length: messages }, (_, id) => id);
  const dead = new Map<number, number>();
  for (const id of deadLetters) dead.set(id, (dead.get(id) ?? 0) + 1);
  return {
    unhandled: ids.filter((id) => !poisoned.has(id) && !times.has(id)),
    handledAgain: [...times.values()].filter((count) => count > 1).length,
    handledTwice: [...twice],
    longestPause: longestPause(evidence),
    missingDead: [...poisoned].filter((id) => !dead.has(id)),
    wrongDead: [...dead.keys()].filter((id) => !poisoned.has(id)),
    doubleDead: [...dead].filter(([, count]) => count > 1).map(([id]) => id),
    ...judgeAcks(evidence),
    unacked: end.ackPending + end.pending + (end.last - end.floor),
  };
}

/** What of it breaks a promise. */
export function broken(verdict: Verdict): string[] {
  const { unhandled, handledTwice, longestPause, missingDead, wrongDead, doubleDead, ackedTwice, unacked } =
    verdict;
  const some = (list: readonly number[]) => `${list.length} (${list.slice(0, 10).join(", ")})`;
  return [
    unhandled.length > 0 && `never handled: ${some(unhandled)}`,
    handledTwice.length > 0 && `handled twice by the same process: ${some(handledTwice)}`,
    missingDead.length > 0 && `poisoned, and no dead letter: ${some(missingDead)}`,
    wrongDead.length > 0 && `dead letters of messages that are not poisoned: ${some(wrongDead)}`,
    doubleDead.length > 0 && `dead letters that are there twice: ${some(doubleDead)}`,
    ackedTwice.length > 0 && `acknowledged twice: ${some(ackedTwice)}`,
    unacked > 0 && `the consumer still waits for ${unacked}`,
    longestPause.ms >= LONGEST_PAUSE &&
      `nothing was handled for ${Math.round(longestPause.ms)} ms, after: ${longestPause.after}`,
  ].filter((line) => typeof line === "string");
}

function judgeAcks({ acks, disruptions }: Evidence): Pick<Verdict, "ackedAgain" | "ackedTwice"> {
  const bySequence = new Map<number, number[]>();
  for (const { sequence, at } of acks) bySequence.set(sequence, [...(bySequence.get(sequence) ?? []), at]);
  let ackedAgain = 0;
  const ackedTwice: number[] = [];
  for (const [sequence, times] of bySequence) {
    if (times.length === 1) continue;
    times.sort((a, b) => a - b);
    const isExcused = times
      .slice(1)
      .every((at, index) =>
        disruptions.some((one) => one.at - LATE <= at && one.whole + LATE >= times[index]),
      );
    if (isExcused) ackedAgain++;
    else ackedTwice.push(sequence);
  }
  return { ackedAgain, ackedTwice };
}

/** A pause begins when something was there to be handled, all was whole, and the last message had been handled. */
function longestPause({ journal, publishedAt, disruptions }: Evidence): Pause {
  const first = new Map<number, number>();
  const entries = [...journal].sort((a, b) => a.at - b.at);
  for (const { id, at } of entries) if (!first.has(id)) first.set(id, at);
  const done = [...first].sort((a, b) => a[1] - b[1]);
  // For each place in the order of handling: since when something waits that is handled there or later.
  const waits = new Array<number>(done.length + 1).fill(Number.POSITIVE_INFINITY);
  for (let at = done.length - 1; at >= 0; at--) waits[at] = Math.min(waits[at + 1], publishedAt[done[at][0]]);
  let longest: Pause = { from: 0, ms: 0, after: "the start" };
  let before = entries.length > 0 ? entries[0].at : 0;
  let place = 0;
  for (const { at } of entries) {
    while (place < done.length && done[place][1] < at) place++;
    for (const { from, to, after } of wholeParts(before, at, disruptions)) {
      const start = Math.max(from, waits[place]);
      if (to - start > longest.ms) longest = { from: start, ms: to - start, after };
    }
    before = at;
  }
  return longest;
}

/** The parts of a time in which all was whole. */
function wholeParts(
  from: number,
  to: number,
  disruptions: readonly Disruption[],
): { from: number; to: number; after: string }[] {
  const parts: { from: number; to: number; after: string }[] = [];
  let start = from;
  let after = "the start";
  for (const { what, at, whole } of disruptions) {
    if (at > start && at <= to) parts.push({ from: start, to: at, after });
    if (at > to) break;
    if (whole > start) start = whole;
    after = what;
  }
  if (to > start) parts.push({ from: start, to, after });
  return parts;
}
