/** The process that has an outbox open. */
export interface OutboxOwner {
  /** Its process id. */
  readonly pid: number;
  /** Name of the machine that it runs on. */
  readonly host: string;
}

/** Messages, and the bytes that they take. */
export interface Amount {
  /** How many there are. */
  readonly messages: number;
  /** Bytes of their payloads and headers. */
  readonly bytes: number;
}

/** Messages of one subject. */
export interface SubjectAmount extends Amount {
  /** The subject that they were published to. */
  readonly subject: string;
}

/** Parked messages with the same reason. */
export interface ParkedAmount {
  /** What the server said. */
  readonly reason: string;
  /** How many were parked for it. */
  readonly messages: number;
}

/** A record that cannot be read. It stays as it is. */
export interface DamagedRecord {
  /** Its number in the store. */
  readonly record: number;
  /** How many messages it had; undefined when that cannot be read either. */
  readonly messages: number | undefined;
  /** What is wrong with it, in one line. */
  readonly why: string;
}

/** What `inspectOutbox()` finds. */
export interface OutboxReport {
  /** The folder of the outbox. */
  readonly path: string;
  /** Who has it open now; undefined: nobody. */
  readonly owner: OutboxOwner | undefined;
  /** Of the store; undefined: nothing was ever written. */
  readonly format: number | undefined;
  /** The outbox's own id, the first half of its message ids; undefined as {@link OutboxReport.format}. */
  readonly id: string | undefined;
  /**
   * The stream that it was for when it was open last; undefined: none (core NATS). Opened for another one while it holds messages, it is still the former one until something
   * of them was confirmed.
   */
  readonly stream: string | undefined;
  /** When it was made, ms since the epoch. */
  readonly createdAt: number | undefined;
  /** Stored, without an outcome, and not parked. */
  readonly messages: number;
  /** Bytes of all records, as they count against `maxBytes`. */
  readonly bytes: number;
  /** Size of the files. */
  readonly fileBytes: number;
  /** When the oldest stored batch of messages was taken, ms since the epoch; undefined when there is none. */
  readonly oldestAt: number | undefined;
  /** When the newest stored batch of messages was taken, ms since the epoch; undefined when there is none. */
  readonly newestAt: number | undefined;
  /** Refused by a server for good. */
  readonly parked: number;
  /** Why, the most frequent reason first, 100 of them at most; not of those that cannot be read without a key. */
  readonly parkedBy: readonly ParkedAmount[];
  /** Whether what is stored is encrypted, in part or altogether. */
  readonly encrypted: boolean;
  /** Records that cannot be read. Those whose body alone is damaged are found only when {@link OutboxReport.checked}. */
  readonly damaged: readonly DamagedRecord[];
  /** Whether every message was looked at (option `subjects`); what is encrypted, without its key, by its checksum. */
  readonly checked: boolean;
  /** With option `subjects`: those that wait, the most messages first, 10,000 subjects at most; not of those that cannot be read without a key. */
  readonly subjects: readonly SubjectAmount[] | undefined;
  /** With option `subjects`: what belongs to further subjects. */
  readonly otherSubjects: Amount | undefined;
}
