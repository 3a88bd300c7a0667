import type { ConnectionStats } from "../../index.js";
import type { LogEntry, Observation, Outage } from "../observation.js";
import { cut, safeAdvice, safeCause, safeEvidence } from "../safe-text.js";
import type { BooksView, ConnectionView, LogView, OutageView, ServerView } from "./protocol.js";

/** How much of what has been is in a {@link ConnectionView}, at most. */
export interface Room {
  readonly outages: number;
  readonly log: number;
  readonly timeline: number;
  /** In a `SampleView`. */
  readonly components: number;
}

/** What all connections of a process may take together: what is sent to a reader first must not grow with their number. */
const ROOM: Room = { outages: 1_000, log: 2_000, timeline: 10_000, components: 300 };
const MOST: Room = { outages: 100, log: 200, timeline: 1_000, components: 50 };
const LEAST: Room = { outages: 5, log: 10, timeline: 20, components: 0 };

/** The room for each of so many connections. */
export function roomFor(connections: number): Room {
  const share = (of: keyof Room) =>
    Math.min(MOST[of], Math.max(LEAST[of], Math.floor(ROOM[of] / connections)));
  return {
    outages: share("outages"),
    log: share("log"),
    timeline: share("timeline"),
    components: share("components"),
  };
}

/** Everything about a connection but its timeline, without a round trip. */
export function connectionView(
  id: string,
  name: string,
  observation: Observation,
  subjects: boolean,
  room: Room,
  timeline: ConnectionView["timeline"],
): ConnectionView {
  const { connection: nc } = observation;
  const { state, server, reconnectCount, reconnectAttempts, lastCause, stats, ...health } = nc.health();
  const { info } = nc;
  return {
    id,
    name,
    state,
    since: timeline.at(-1)?.at ?? observation.since,
    server,
    serverName: word(info?.server_name),
    serverVersion: word(info?.version),
    cluster: word(info?.cluster),
    reconnects: reconnectCount,
    attempts: reconnectAttempts,
    lastCause: lastCause === undefined ? "" : safeCause(lastCause),
    lastConnectedAt: health.lastConnectedAt ?? null,
    lastDisconnectedAt: health.lastDisconnectedAt ?? null,
    books: booksView(stats),
    subscriptionsSlow: observation.slowSubscriptions.length,
    servers: nc.getServers().map(({ listen, gossiped }) => serverView(listen, gossiped, server, observation)),
    outages: observation.outages.slice(-room.outages).reverse().map(outageView),
    log: observation.log.slice(-room.log).map((entry) => logView(entry, subjects)),
    timeline,
  };
}

/** Counts without their bytes. */
export function booksView(stats: ConnectionStats): BooksView {
  const { accepted, confirmed, pending, dropped, refused, unconfirmed } = stats;
  const { replayed, rejected, recovered, dropReasons } = stats;
  return {
    accepted,
    confirmed,
    pending,
    dropped,
    refused,
    unconfirmed,
    replayed,
    rejected,
    recovered,
    dropReasons,
  };
}

function serverView(
  server: string,
  gossiped: boolean,
  current: string,
  observation: Observation,
): ServerView {
  const failed = observation.failuresOf(server);
  const links = observation.linksTo(server);
  return {
    server,
    current: server === current,
    gossiped,
    reconnects: links?.count ?? 0,
    lastConnectAt: links?.lastAt ?? null,
    failures: failed?.failures ?? 0,
    lastError: failed?.lastError ?? "",
    lastErrorAt: failed?.lastErrorAt ?? null,
  };
}

function outageView({ cause, endedAt, duration, next, ...outage }: Outage): OutageView {
  const { startedAt, server, attempts, unconfirmed, replayed, abandoned, lost } = outage;
  return {
    startedAt,
    endedAt: endedAt ?? null,
    duration: duration ?? null,
    server,
    next: next ?? "",
    kind: cause.kind,
    cause: safeCause(cause),
    evidence: safeEvidence(cause),
    advice: safeAdvice(cause),
    attempts,
    unconfirmed,
    replayed,
    abandoned,
    lost,
  };
}

/** @param subjects whether what may name one is shown */
export function logView(entry: LogEntry, subjects: boolean): LogView {
  const { id, at, lastAt, times, event, level, text, detail } = entry;
  const view = { id, at, lastAt, times, event, level, text };
  return subjects && detail !== undefined ? { ...view, detail } : view;
}

/** A word of a server's INFO, which may be missing, or long. */
function word(text: string | undefined): string {
  return text === undefined ? "" : cut(text);
}
