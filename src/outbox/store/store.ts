/** A batch of messages as it is stored: `head` says what it is, in at most 1 KiB (most have 100 bytes), `body` has the messages. */
export interface StoredRecord {
  /** Over 0; records are sent in ascending order. Below 2 ** 53. */
  readonly id: number;
  /** What the outbox knows the batch by without reading it; at most 1 KiB. */
  readonly head: Uint8Array;
}

/** A record to be written; without `body`, only its head is replaced. */
export interface RecordChange extends StoredRecord {
  /** The messages of the batch; without it, the body that is stored stays. */
  readonly body?: Uint8Array;
}

/** What is to be written and removed in one transaction. */
export interface StoreChanges {
  /** Records that are new, or whose heads are replaced. */
  readonly put: readonly RecordChange[];
  /** Numbers of records that are removed, with their bodies. */
  readonly remove: readonly number[];
}

/**
 * Where an outbox keeps its messages: a few calls, so that another store than LMDB can be brought. What it throws, or rejects with, is told as `OUTBOX_FAILED`; nobody
 * else may write to the place meanwhile, and it sees to that itself.
 */
export interface OutboxStore {
  /** Named in errors. */
  readonly path: string;
  /** All records, in ascending order of their numbers, without reading their bodies. */
  records(): Iterable<StoredRecord>;
  /** The body of a record, undefined when there is none. Stays valid. */
  body(id: number): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * Writes all changes, or none; resolves when they are on disk, so that they survive the death of process and machine. One call at a time; rejects when they cannot be
   * written, and what was there before is intact then. The bytes that are given must stay as they are until it has settled. One that has not settled after 30 s counts as
   * failed, and may have been written; no other is begun until it has settled, but `close()` may be called.
   */
  commit(changes: StoreChanges): Promise<void>;
  /** Releases everything. Called once. */
  close(): Promise<void>;
}
