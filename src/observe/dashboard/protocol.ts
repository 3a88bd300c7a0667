/**
 * What the dashboard's page is told: JSON as server-sent events on `dashboard/events`, and the history of the last hour on
 * `dashboard/history`. Times are ms since the epoch of the process that is looked at, durations ms, sizes bytes.
 */

/** Grows with every change that an older page would not understand. */
export const PROTOCOL_VERSION = 1;

/** States by their number in {@link Series.state}. */
export const STATES = [
  "disconnected",
  "connecting",
  "connected",
  "reconnecting",
  "draining",
  "closed",
] as const;
export type StateName = (typeof STATES)[number];

/** Seconds between two samples, and how many there are: an hour. */
export const SAMPLE_MS = 1_000;
export const SAMPLES = 3_600;

/** SSE event `hello`: the first on every stream, and again when connections come or go. */
export interface Hello {
  readonly version: number;
  readonly process: ProcessView;
  /** Processes that can be looked at through this one, itself first; `?process=ID` on both addresses chooses. */
  readonly processes: readonly { readonly id: string; readonly name: string }[];
  readonly connections: readonly ConnectionView[];
}

export interface ProcessView {
  /** Name of the service, or of its first connection, or `pid 123`. */
  readonly name: string;
  readonly pid: number;
  readonly node: string;
  readonly holdfast: string;
  readonly startedAt: number;
  /** The clock of the process, when this was sent. */
  readonly now: number;
}

/** SSE event `connection`: everything about one of them, sent when something has happened (at the latest 100 ms later). */
export interface ConnectionView {
  /** Stable in the process: "1", "2", … */
  readonly id: string;
  /** Option `name`, else `connection 1`. */
  readonly name: string;
  readonly state: StateName;
  readonly since: number;
  /** `host:port`; empty without a link. */
  readonly server: string;
  readonly serverName: string;
  readonly serverVersion: string;
  readonly cluster: string;
  readonly reconnects: number;
  readonly attempts: number;
  /** Safe text of the last cause; empty when there was none. */
  readonly lastCause: string;
  readonly lastConnectedAt: number | null;
  readonly lastDisconnectedAt: number | null;
  readonly books: BooksView;
  readonly subscriptionsSlow: number;
  readonly servers: readonly ServerView[];
  /** Newest first, the last 100. */
  readonly outages: readonly OutageView[];
  /** Oldest first, the last 200; what follows comes as `log`. */
  readonly log: readonly LogView[];
  /** States of the last hour, oldest first: when each began. */
  readonly timeline: readonly { readonly at: number; readonly state: StateName }[];
}

/** Reasons of drops that nobody misses: pulls are made again, callers of requests got an error, a `ttl` was asked for, and what is `kept` is in the outbox. No alert counts them. */
export const HARMLESS_DROPS: ReadonlySet<string> = new Set(["pull", "timeout", "ttl", "unsent", "kept"]);

/** Messages that were given up and are missed. */
export function missed({ dropped, dropReasons }: Pick<BooksView, "dropped" | "dropReasons">): number {
  let count = dropped;
  for (const reason of HARMLESS_DROPS) count -= dropReasons[reason] ?? 0;
  return Math.max(0, count);
}

export interface BooksView {
  readonly accepted: number;
  readonly confirmed: number;
  readonly pending: number;
  readonly dropped: number;
  readonly refused: number;
  readonly unconfirmed: number;
  readonly replayed: number;
  readonly rejected: number;
  /** Of those that were accepted: an outbox had them of an earlier process. Not there in what an older version tells. */
  readonly recovered?: number;
  readonly dropReasons: Readonly<Record<string, number>>;
}

export interface ServerView {
  /** `host:port`. */
  readonly server: string;
  readonly current: boolean;
  readonly gossiped: boolean;
  /** Links that stood. */
  readonly reconnects: number;
  readonly lastConnectAt: number | null;
  readonly failures: number;
  /** Safe text; empty when there was none. */
  readonly lastError: string;
  readonly lastErrorAt: number | null;
}

export interface OutageView {
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly duration: number | null;
  readonly server: string;
  readonly next: string;
  readonly kind: string;
  /** Safe text of the cause. */
  readonly cause: string;
  readonly evidence: readonly string[];
  /** What to do, the most likely first. */
  readonly advice: readonly string[];
  readonly attempts: number;
  readonly unconfirmed: number;
  readonly replayed: number;
  readonly abandoned: number;
  readonly lost: number;
}

/** SSE event `log`: `{ connection, entry }`; one with a known id replaces that one. */
export interface LogView {
  readonly id: number;
  readonly at: number;
  readonly lastAt: number;
  readonly times: number;
  readonly event: string;
  readonly level: "info" | "warning" | "error";
  readonly text: string;
  /** Only where subjects may be shown. */
  readonly detail?: string;
}

/** SSE event `sample`: once a second, all connections. */
export interface Sample {
  readonly at: number;
  readonly connections: readonly SampleView[];
}

export interface SampleView {
  readonly id: string;
  readonly state: StateName;
  readonly bufferMessages: number;
  readonly bufferBytes: number;
  readonly bufferLimit: number;
  /** How full it is by the nearest limit. In an outage the limit is for what was accepted since, so this is not bytes by limit. */
  readonly bufferRatio: number;
  readonly oldestAge: number;
  /** Of the last second. */
  readonly inMsgs: number;
  readonly outMsgs: number;
  readonly inBytes: number;
  readonly outBytes: number;
  /** ms; null without a link. */
  readonly rtt: number | null;
  readonly books: BooksView;
  /** What works on it. Not there in what an older version tells, and where nobody looks. */
  readonly components?: readonly ComponentView[];
  /** How many more there are. */
  readonly moreComponents?: number;
}

/** A handler, a consumer, a request policy, an outbox, a stream publisher, or what else works on a connection. Null: it has no such figure. */
export interface ComponentView {
  /** `handler`, `consumer`, `policy`, `outbox`, `publisher`, `shutdown`, `other`, or what a version to come has. */
  readonly kind: string;
  readonly name: string;
  readonly state: string;
  /** Why the process is not ready for its sake, or what it fails at; empty when nothing is wrong. */
  readonly trouble: string;
  /** Safe text; empty when there was none. */
  readonly lastError: string;
  readonly inFlight: number | null;
  readonly waiting: number | null;
  /** Messages that were handled, or confirmed, or requests. */
  readonly done: number | null;
  /** Tries that failed, requests that did, messages that were not published, or commits that the disk has not taken. */
  readonly failed: number | null;
  /** Messages that were put where dead letters go; of an outbox, those that are parked. */
  readonly deadLettered: number | null;
  /** Messages that are given up; of an outbox, those that expired and those that could not be read. */
  readonly discarded: number | null;
  /** Messages that nobody has got yet. */
  readonly lag: number | null;
  /** Circuit breakers that are not closed, the first few. */
  readonly breakers: readonly { readonly subject: string; readonly state: string }[];
  /** Of an outbox. Not there in what others tell. */
  readonly held?: HeldView;
}

/** What an outbox holds. */
export interface HeldView {
  readonly bytes: number;
  /** Null: there is none. */
  readonly limit: number | null;
  /** ms; 0 when it holds nothing. */
  readonly oldestAge: number;
}

/** What `dashboard/history?connection=ID` answers: one value per sample, oldest first, all of one length. */
export interface Series {
  readonly connection: string;
  /** When the last sample was taken; the one before it is {@link SAMPLE_MS} older, and so on. */
  readonly until: number;
  /** Numbers of {@link STATES}; null where this process did not run. */
  readonly state: readonly (number | null)[];
  readonly bufferBytes: readonly (number | null)[];
  readonly bufferLimit: readonly (number | null)[];
  readonly inMsgs: readonly (number | null)[];
  readonly outMsgs: readonly (number | null)[];
  readonly inBytes: readonly (number | null)[];
  readonly outBytes: readonly (number | null)[];
  readonly rtt: readonly (number | null)[];
}

/** SSE event `away`: the process that was asked for cannot be reached at the moment; `hello` comes when it is back. */
export interface Away {
  readonly process: string;
  readonly reason: string;
}
