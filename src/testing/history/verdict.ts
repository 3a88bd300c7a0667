/**
 * What became of all messages of a `History`. Ids come in rising order. The words are those of Jepsen's set
 * checker.
 */
export interface Verdict {
  /** Messages that `publish()` took. */
  readonly accepted: number;
  /** Messages that `publish()` refused with an error: they must not arrive. */
  readonly rejected: number;
  /** Messages that a server has confirmed. */
  readonly acknowledged: number;
  /** Messages of which the application was told that they are given up, refused, or may not have arrived. */
  readonly reported: number;
  /** The same by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Messages that arrived at the witness, each counted once. */
  readonly found: number;
  /** Messages that arrived without ever having been confirmed or reported. */
  readonly recovered: number;
  /** Messages that arrived although they were reported: only legal with `maybeDelivered`. */
  readonly foundThoughReported: number;
  /**
   * Messages that were accepted, did not arrive, and were not reported: nobody will ever know. With
   * `check({ pending: true })` only those among them that were confirmed.
   */
  readonly lost: readonly number[];
  /** Messages of which nothing was heard: neither confirmed nor reported nor found. At rest each of them is also lost. */
  readonly unknown: readonly number[];
  /** Messages that arrived more than once; `History.arrivals(id)` says how often. */
  readonly duplicated: readonly number[];
  /** Arrivals beyond the first of each message. */
  readonly copies: number;
  /** Messages that arrived and were not accepted: refused, or never published. */
  readonly unexpected: readonly number[];
  /** Messages with two outcomes, or with an outcome and not accepted, or both accepted and rejected. */
  readonly contradictory: readonly number[];
  /** First arrivals behind a message with a higher id. */
  readonly reordered: number;
}

/** The kinds of findings that are wrong under every delivery; duplicates and order are for the caller to judge. */
const WRONG = ["lost", "unexpected", "contradictory"] as const;

/** How many ids a text names before it says how many more there are. */
const NAMED = 5;

/** What is wrong with a verdict under every delivery, as a text; undefined when nothing is. */
export function wrongIn(verdict: Verdict): string | undefined {
  const found = WRONG.filter((kind) => verdict[kind].length > 0);
  return found.length === 0 ? undefined : found.map((kind) => `${kind} ${list(verdict[kind])}`).join(", ");
}

/** The totals in one line. */
export function describeVerdict(verdict: Verdict): string {
  const { accepted, acknowledged, found, lost, duplicated, unknown, reported, rejected, reordered } = verdict;
  return `accepted ${accepted}, acknowledged ${acknowledged}, found ${found}, lost ${lost.length}, duplicated ${duplicated.length}, unknown ${unknown.length}, reported ${reported}, rejected ${rejected}, reordered ${reordered}`;
}

function list(ids: readonly number[]): string {
  const named = ids.slice(0, NAMED).join(", ");
  return ids.length <= NAMED ? `${ids.length} (${named})` : `${ids.length} (${named}, …)`;
}
