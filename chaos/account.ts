import { newestBefore, timeOf } from "../demo/ledger/samples.js";
import type { Books } from "../demo/protocol.js";
import { History } from "../src/testing/history/history.js";
import type { Evidence } from "./evidence.js";
import type { LinkWord } from "./protocol.js";

/** Where every message of one trial went, and what the client told. */
export interface Account {
  readonly trouble: string;
  readonly client: Evidence["subject"]["client"];
  readonly delivery: Evidence["subject"]["delivery"];
  /** Times that it was injected. */
  readonly injected: number;
  readonly accepted: number;
  /** Calls of `publish()` that threw; offered again later. */
  readonly rejected: number;
  /** By a server, says the client; undefined where it does not say. */
  readonly confirmed: number | undefined;
  /** Different messages that the witness heard from the servers. */
  readonly delivered: number;
  /** Accepted, not heard, not reported, and not among those below. */
  readonly lost: readonly LostMessage[];
  /** Confirmed by a server that was killed before it had passed them on. */
  readonly diedWithServer: number;
  /** Came with wrong bytes, the bytes having been changed on the way. */
  readonly damaged: number;
  /** Reported as dropped or unconfirmed, by reason, whether heard or not. */
  readonly reported: Readonly<Record<string, number>>;
  /** Messages that the witness heard more than once, and arrivals beyond the first. */
  readonly duplicated: number;
  readonly copies: number;
  /** Among them those that were confirmed before the link died; undefined where the client does not say. */
  readonly duplicatedThoughConfirmed: number | undefined;
  /** Heard by the witness, not by the client's own subscription: it has gaps of its own. */
  readonly missed: number;
  /** Whether that subscription heard the very last message. */
  readonly subscribed: boolean;
  /** ms from each injection until `disconnect`, of those that led to one. */
  readonly detection: readonly number[];
  /** ms from each injection until the last `reconnect`, of those that led to one. */
  readonly recovery: readonly number[];
  /** Losses told after injections that a link has to survive. */
  readonly needless: number;
  /** Kinds and codes of causes, the most frequent first. */
  readonly causes: readonly string[];
  /** Messages a second, the time left out for which a fault held the process up; and as many as were wanted. */
  readonly rate: number;
  readonly wantedRate: number;
  /** Bytes that the publisher's process held beyond what it did at the start, garbage included. */
  readonly held: number;
  readonly books: Books | undefined;
  /** What the books say does not agree with what was seen; in words. */
  readonly contradictions: readonly string[];
}

/** A message that is gone. */
export interface LostMessage {
  readonly id: number;
  /** About when it was published, ms after the start. */
  readonly at: number;
}

/** Makes the account of a trial from what was observed. */
export function settleAccount(evidence: Evidence): Account {
  const { publisher, trouble, subject, injections } = evidence;
  const { books, accepted, rejected } = publisher;
  const counts = countsOf(evidence);
  const history = tellHistory(evidence, counts);
  const verdict = history.check();
  const damagedIds = new Set(evidence.witness.damaged);
  const gone = verdict.lost.filter((id) => !damagedIds.has(id));
  // A subject that was changed into none: the server says so, and passes the message on to nobody.
  const invalid = publisher.errors.filter((error) => error.includes("Invalid Publish Subject")).length;
  const misled = gone.splice(0, Math.min(gone.length, invalid)).length;
  const died = new Set(gone.filter((id) => diedInServer(evidence, id)));
  const lost = gone.filter((id) => !died.has(id));
  const contradictions: string[] = [];
  if (verdict.unexpected.length > 0)
    contradictions.push(`${verdict.unexpected.length} messages arrived that were never published`);
  if (verdict.contradictory.length > 0)
    contradictions.push(`${verdict.contradictory.length} messages have two outcomes`);
  if (books && verdict.acknowledged !== books.confirmed) {
    contradictions.push(
      `${books.confirmed} confirmed by the books, ${verdict.acknowledged} by what was told`,
    );
  }
  if (books && books.accepted !== accepted) {
    contradictions.push(`${books.accepted} accepted by the books, ${accepted} by publish()`);
  }
  return {
    trouble: trouble.name,
    ...subject,
    injected: injections.length,
    accepted,
    rejected,
    confirmed: books?.confirmed,
    delivered: verdict.found,
    lost: lost.map((id) => ({ id, at: sentAt(evidence, id) - evidence.startedAt })),
    diedWithServer: died.size,
    damaged: evidence.witness.damaged.length + evidence.witness.unreadable + misled,
    reported: verdict.reasons,
    duplicated: verdict.duplicated.length,
    copies: verdict.copies,
    duplicatedThoughConfirmed:
      books && verdict.duplicated.filter((id) => !wasPending(evidence.words, id)).length,
    missed: countMissed(counts, publisher.heard),
    subscribed: accepted === 0 || (publisher.heard[accepted - 1] ?? 0) > 0,
    ...timesOf(evidence),
    causes: causesOf(evidence.words),
    rate: (accepted / (publisher.elapsed - heldUp(evidence))) * 1000,
    wantedRate: evidence.rate,
    held: evidence.heldAtMost - evidence.heldAtStart,
    books,
    contradictions,
  };
}

/**
 * How often each message was passed on. In a cluster each server passes on what any of them took, so the one that did it most
 * often counts.
 */
function countsOf({ witness }: Evidence): Uint8Array {
  const counts = new Uint8Array(Math.max(0, ...witness.counts.map(({ length }) => length)));
  for (const node of witness.counts) {
    for (let id = 0; id < node.length; id++) if (node[id] > counts[id]) counts[id] = node[id];
  }
  return counts;
}

function tellHistory({ publisher }: Evidence, counts: Uint8Array): History {
  const { accepted, books, unconfirmed, dropped } = publisher;
  const history = new History();
  const reported = new Uint8Array(accepted);
  for (let id = 0; id < accepted; id++) history.accepted(id);
  const report = (id: number, reason: string) => {
    reported[id] = 1;
    history.reported(id, reason);
  };
  for (const range of unconfirmed) for (let id = range.from; id < range.to; id++) report(id, "unconfirmed");
  for (const { id, reason } of dropped) if (id >= 0) report(id, reason);
  if (books !== undefined) {
    const settled = accepted - books.pending;
    for (let id = 0; id < settled; id++) if (reported[id] === 0) history.confirmed(id);
  }
  for (let id = 0; id < counts.length; id++) {
    for (let time = 0; time < counts[id]; time++) history.found(id);
  }
  return history;
}

/**
 * Whether a kill explains that a confirmed message was passed on by nobody: it was confirmed before the kill, and is newer
 * than anything that was passed on by then. Servers pass on in order.
 */
function diedInServer(evidence: Evidence, id: number): boolean {
  const { words, kills, witness } = evidence;
  return kills.some((at) => {
    const down = words.find((word) => word.word === "down" && word.at >= at);
    const confirmed = down?.settled !== undefined && id < down.settled;
    return confirmed && sentAt(evidence, id) <= at && id > newestBefore(witness.firstHeard, at);
  });
}

/** Whether the message was accepted and had no outcome when some link died, also one that never stood: then it may be written again. */
function wasPending(words: readonly LinkWord[], id: number): boolean {
  return words.some(
    ({ word, settled, accepted }) =>
      (word === "down" || word === "failed") && settled !== undefined && id >= settled && id < accepted,
  );
}

function countMissed(counts: Uint8Array, heard: Uint8Array): number {
  let missed = 0;
  for (let id = 0; id < counts.length; id++) if (counts[id] > 0 && !(heard[id] > 0)) missed++;
  return missed;
}

/** What was told from one injection until the next belongs to the first. */
function timesOf({ injections, words }: Evidence): Pick<Account, "detection" | "recovery" | "needless"> {
  const detection: number[] = [];
  const recovery: number[] = [];
  let needless = 0;
  for (const [index, { at, faults }] of injections.entries()) {
    const until = injections[index + 1]?.at ?? Number.POSITIVE_INFINITY;
    const told = words.filter((word) => word.at >= at && word.at < until);
    const down = told.find(({ word }) => word === "down");
    const up = told.findLast(({ word }) => word === "up");
    if (down !== undefined) {
      detection.push(down.at - at);
      if (faults.every(({ calm }) => calm)) needless++;
    }
    if (up !== undefined) recovery.push(up.at - at);
  }
  return { detection, recovery, needless };
}

/** ms for which the publisher's process could not run because of the fault. */
function heldUp({ injections }: Evidence): number {
  const holding = injections.flatMap(({ faults }) => faults.filter(({ touches }) => touches === "publisher"));
  return holding.reduce((all, { hold }) => all + hold, 0);
}

function causesOf(words: readonly LinkWord[]): string[] {
  const times = new Map<string, number>();
  for (const { cause, code } of words) {
    if (cause === undefined) continue;
    const name = code === undefined ? cause : `${cause} (${code})`;
    times.set(name, (times.get(name) ?? 0) + 1);
  }
  return [...times].sort(([, a], [, b]) => b - a).map(([name]) => name);
}

function sentAt({ publisher }: Evidence, id: number): number {
  return timeOf(publisher.sendTimes, id) ?? 0;
}
