/** A message as the journal keeps it. */
export interface Entry {
  readonly subject: string;
  /** Empty when there is none. */
  readonly reply: string;
  /** Encoded (`NATS/1.0` …), or undefined. */
  readonly headers: Uint8Array | undefined;
  readonly payload: Uint8Array;
  /** When it was taken, by the wall clock of then, ms since the epoch; in a batch never before that of an older one. */
  readonly at: number;
  /** When it is worth nothing any more, by its own ttl or by `maxAge`, by the wall clock of when it was taken, ms since the epoch; Infinity: never. */
  readonly expiresAt: number;
  /** What a stream knows it by (`Nats-Msg-Id`), the same in every process: the outbox's own id, what tells the process that took it, and a number. */
  readonly messageId: string;
}

/** A batch that is to be sent: the unit of storing, and of removing. */
export interface Batch {
  readonly id: number;
  /** An earlier process has stored it. */
  readonly recovered: boolean;
  /** It is on disk; false: it is in memory only, see `Journal.takeUnstored()`. */
  readonly stored: boolean;
  /** Those without an outcome, in order, at least one. Entry `i` stays entry `i` for all calls of the journal that take this batch. */
  readonly entries: readonly Entry[];
  /** Encoded bytes, about. */
  readonly bytes: number;
}
