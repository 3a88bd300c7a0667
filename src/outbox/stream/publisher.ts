import type { Component, PublisherFacts } from "../../index.js";
import type { BatchMessage, BatchOptions, StreamPublishOptions } from "./options.js";
import type { BatchAck, PubAck } from "./pub-ack.js";

/** Publishes into streams of JetStream, and waits for the PubAck of each message. `streamPublisher()` makes one. */
export interface StreamPublisher extends Component, AsyncDisposable {
  /** The stream that was named. */
  readonly stream: string | undefined;
  /**
   * Publishes a message; resolves when the stream has stored it, however often it had to be sent for that, always with the same `Nats-Msg-Id`. Nothing is sent
   * during an outage. The payload is copied.
   *
   * Rejects with a `StreamPublishError`, which has `retryable`, `maybeDelivered`, `msgID` and `tries`: codes `STREAM_REFUSED` (JetStream has refused it, `apiCode`
   * says why), `NO_RESPONDERS`, `TIMEOUT`, `CONNECTION_LOST` after the last try, `PERMISSIONS_VIOLATION`, `INVALID_SUBJECT`, `MAX_PAYLOAD_EXCEEDED` and the
   * like at once, `CONNECTION_CLOSED`. Rejects before it was taken with `INVALID_ARGUMENT`, `INVALID_OPTION`, `BUFFER_FULL` (over `maxPending` or `maxPendingBytes`),
   * `INVALID_OPERATION` (stopped), `CONNECTION_CLOSED`.
   */
  publish(subject: string, payload?: Uint8Array | string, options?: StreamPublishOptions): Promise<PubAck>;
  /**
   * Publishes messages as one atomic batch (ADR-50): the stream has all of them, one behind the other in this order, or none. Needs nats-server 2.12, and `allow_atomic` in the
   * stream's configuration; at most 1,000 messages, unless the server says otherwise. It waits until everything before it has its outcome; what is published after it, waits for it.
   * A stream that does not take batches rejects it (`apiCode` 10174): there is no silent fallback.
   *
   * When the answer gets lost, the batch is sent again; that it was stored the first time is found out by its message ids, if none of them was given (`duplicate` is
   * true then). With given ids that cannot be told apart from ids used before: it rejects with `maybeDelivered`.
   *
   * Rejects as {@link publish}.
   */
  publishBatch(messages: readonly BatchMessage[], options?: BatchOptions): Promise<BatchAck>;
  /** Resolves when less than half of `maxPending` and `maxPendingBytes` is pending, or nothing more is taken. */
  writable(): Promise<void>;
  /**
   * Resolves when everything published so far has its outcome, whatever it is: the promises of `publish()` tell.
   *
   * @param options.timeout ms until it rejects with `TIMEOUT`; default 10,000. The messages stay.
   */
  flush(options?: { timeout?: number }): Promise<void>;
  /**
   * Takes no more; settles when everything has its outcome. `nc.drain()` and `gracefulShutdown()` call it.
   *
   * @param options.timeout ms after which what has no outcome rejects with `TIMEOUT`; default: no such limit
   */
  stop(options?: { timeout?: number }): Promise<void>;
  /** What health endpoints, metrics and the dashboard see of it. */
  facts(): PublisherFacts;
  /** What it has done since it was made, and what is pending; a copy. */
  stats(): StreamPublisherStats;
}

/** Counts of a stream publisher since it was made: `published = acked + failed + pending`. */
export interface StreamPublisherStats {
  /** Messages taken. */
  readonly published: number;
  /** Messages that the stream has. */
  readonly acked: number;
  /** Those of them that it had already when they came. */
  readonly duplicates: number;
  /** Further tries. */
  readonly retried: number;
  /** Messages given up: their promises have rejected. */
  readonly failed: number;
  /** Messages without an outcome. */
  readonly pending: number;
  /** Those of them that are on the way. */
  readonly inFlight: number;
  /** Bytes of those without an outcome (payloads and given headers). */
  readonly pendingBytes: number;
  /** Messages that the stream has behind a later one: only beside another writer, or without `ordered`, which does not count them. */
  readonly outOfOrder: number;
}
