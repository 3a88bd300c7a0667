import type { Histogram } from "../index.js";
import type { Journal } from "./journal/journal.js";

/** Counts of an outbox since it was opened, and what it holds; a copy. */
export interface OutboxStats {
  /** Found on disk at the start: `recovered + stored = confirmed + expired + refused + lost + messages`. */
  readonly recovered: number;
  /** Taken since. */
  readonly stored: number;
  /** By a server, or by the stream. */
  readonly confirmed: number;
  /** Dropped by their `ttl`, or by `maxAge`. */
  readonly expired: number;
  /** Parked since the start. */
  readonly refused: number;
  /** Unreadable on disk. */
  readonly lost: number;
  /** Messages that it holds, without the parked ones. */
  readonly messages: number;
  /** Calls of `publishDurable()` that wait for the disk; part of `stored` when they are there. */
  readonly pending: number;
  /** Parked messages on disk, also those of earlier processes. */
  readonly parked: number;
  /** Bytes of `maxBytes` that are in use. */
  readonly bytes: number;
  /** Of these, not on disk yet. */
  readonly memoryBytes: number;
  /** ms since the oldest was taken; 0 when there is none. */
  readonly oldestAge: number;
  /** How long it took until messages were on disk, ms, each commit once. */
  readonly flushes: Histogram;
  /** Commits and reads that failed. */
  readonly failures: number;
}

export function outboxStats(journal: Journal): OutboxStats {
  const { counts, flushes, oldestAt } = journal;
  const { recovered, stored, confirmed, expired, refused, lost } = counts;
  return {
    recovered,
    stored,
    confirmed,
    expired,
    refused,
    lost,
    messages: journal.messages,
    pending: journal.pending,
    parked: journal.parked,
    bytes: journal.bytes,
    memoryBytes: journal.memoryBytes,
    oldestAge: oldestAt === undefined ? 0 : Math.max(0, Date.now() - oldestAt),
    flushes: {
      bounds: flushes.bounds,
      counts: [...flushes.counts],
      sum: flushes.sum,
      count: flushes.count,
    },
    failures: journal.failures,
  };
}
