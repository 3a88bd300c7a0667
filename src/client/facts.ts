import type { Engine } from "../core/engine.js";
import type { PoolServer } from "../core/pool.js";
import type { Server, ServerInfo } from "../interop/nats-core.js";
import type { ServerInfo as EngineInfo } from "../wire/info.js";

/** Counters of a connection: nats.js's, and the books of promises.md §1. */
export interface ConnectionStats {
  /** Messages that came in. */
  inMsgs: number;
  /** Bytes of headers and payload that came in. */
  inBytes: number;
  /** Messages that `publish()` and its like have taken: the same as `accepted`. */
  outMsgs: number;
  /** Bytes of headers and payload of `outMsgs`. */
  outBytes: number;
  /** Outages that have ended with a new link. */
  reconnects: number;
  /** Messages that `publish()` and its like have taken: `accepted = confirmed + refused + pending + dropped + unconfirmed`, at every instant. */
  accepted: number;
  /** Messages that a server has confirmed to have got: by the PONG behind them. */
  confirmed: number;
  /** Messages that the server has refused: it may not be published to their subject (permissions violation). */
  refused: number;
  /** Messages without an outcome yet: they wait to be written, or for their confirmation. */
  pending: number;
  /** Messages that were given up, for the reasons in `dropReasons`. */
  dropped: number;
  /** Messages that were on the way when their link died, or the connection ended, and are not written again: a server may have them. */
  unconfirmed: number;
  /** `accepted` in bytes of headers and payload. */
  acceptedBytes: number;
  /** `confirmed` in bytes of headers and payload. */
  confirmedBytes: number;
  /** `refused` in bytes of headers and payload. */
  refusedBytes: number;
  /** `pending` in bytes of headers and payload. */
  pendingBytes: number;
  /** `dropped` in bytes of headers and payload. */
  droppedBytes: number;
  /** `unconfirmed` in bytes of headers and payload. */
  unconfirmedBytes: number;
  /** Messages that were written once more after a reconnect. */
  replayed: number;
  /** Messages that were not accepted because there was no room. Not part of the sum. */
  rejected: number;
  /** Messages that an `Overflow` has taken; accepted when it publishes them. Not part of the sum. */
  overflowed: number;
  /** Of `accepted`: messages of an outbox that an earlier process had accepted, and could not send. Not part of the sum. */
  recovered: number;
  /** `dropped` by reason. */
  dropReasons: Readonly<Record<string, number>>;
}

/** What is accepted and not confirmed. */
export interface Buffered {
  /** Messages without an outcome: `stats().pending`. */
  messages: number;
  /** Encoded bytes. */
  bytes: number;
  /** Bytes that are borne: `maxPending`, or `reconnectBufSize` during an outage. */
  limit: number;
  /** How full the buffer is by the nearest limit, also `maxBufferedMessages`: at 1 nothing more fits, as without a buffer (`reconnectBufSize: -1`) in an outage. */
  ratio: number;
  /** About how long ago the oldest was accepted, ms; 0 when there is none. */
  oldestAge: number;
}

/** The counters of an engine as a plain object. */
export function statsOf(engine: Engine): ConnectionStats {
  const { books } = engine;
  return {
    inMsgs: engine.continuity.inMsgs,
    inBytes: engine.continuity.inBytes,
    outMsgs: books.accepted,
    outBytes: books.acceptedBytes,
    reconnects: engine.session.reconnects,
    accepted: books.accepted,
    confirmed: books.confirmed,
    refused: books.refused,
    pending: books.pending,
    dropped: books.dropped,
    unconfirmed: books.unconfirmed,
    acceptedBytes: books.acceptedBytes,
    confirmedBytes: books.confirmedBytes,
    refusedBytes: books.refusedBytes,
    pendingBytes: books.pendingBytes,
    droppedBytes: books.droppedBytes,
    unconfirmedBytes: books.unconfirmedBytes,
    replayed: books.replayed,
    rejected: books.rejected,
    overflowed: books.overflowed,
    recovered: books.recovered,
    dropReasons: { ...books.dropReasons },
  };
}

/** What an engine holds without a confirmation. */
export function bufferedOf(engine: Engine, now: number): Buffered {
  const { maxPending, reconnectBufSize } = engine.options;
  const limit = engine.session.connected ? maxPending : Math.max(0, reconnectBufSize);
  const bytes = engine.pendingBytes;
  const { oldestAt } = engine.outbound.window;
  return {
    messages: engine.books.pending,
    bytes,
    limit,
    ratio: limit === 0 ? 1 : engine.intake.fullness,
    oldestAge: oldestAt === undefined ? 0 : Math.max(0, now - oldestAt),
  };
}

/** A server of the pool in nats.js's shape, without credentials. */
export function describeServer(server: PoolServer): Server {
  const { hostname, port, listen } = server.address;
  const { reconnects, lastConnect, gossiped, didConnect, tlsName } = server;
  return Object.freeze({
    hostname,
    port,
    listen,
    src: listen,
    tlsName,
    reconnects,
    lastConnect,
    gossiped,
    didConnect,
  });
}

const copies = new WeakMap<object, ServerInfo>();

/** A copy of a server's INFO, one for each: what users do to it does the engine no harm. */
export function copyInfo(info: EngineInfo): ServerInfo {
  const copy = copies.get(info) ?? (structuredClone(info) as ServerInfo);
  copies.set(info, copy);
  return copy;
}
