import type { HoldfastError } from "../../index.js";
import { storeError } from "../errors.js";
import type { Bodies } from "./bodies.js";
import type { StoredEntry } from "./body-codec.js";
import type { JournalRecord } from "./journal-record.js";
import type { JournalClock } from "./options.js";
import { Patience } from "./patience.js";

/** Waits before a body that could not be read is read again, ms: twice as long each time. */
const FIRST_RETRY = 100;
const LAST_RETRY = 5000;

/** What reading needs from around it. */
interface Surroundings {
  readonly path: string;
  readonly bodies: Bodies;
  readonly clock: JournalClock;
  readonly maxAge: number;
  /** A read has failed; `again`: as the one before it. */
  failed(error: HoldfastError, again: boolean): void;
  /** What was not to be had is worth asking for again. */
  ready(): void;
}

type Entries = (StoredEntry | undefined)[];

/** A record that is being read, or was. */
interface Reading {
  readonly record: JournalRecord;
  /** Undefined: not yet, or it failed and is tried again. */
  result: { readonly entries: Entries } | { readonly damage: HoldfastError } | undefined;
  /** Runs until it is tried again. */
  timer: unknown;
}

/**
 * Brings the entries of a record from the disk. What fails now may work later, as long as it is not damaged: a key that is missing, a disk that does not answer. So it is
 * tried until it works, while nobody waits for it, and nothing behind it is read: what is sent in order must not go around it.
 */
export class BatchReader {
  /** Why the record whose turn it is cannot be read; undefined: nothing is known against it. */
  failure: HoldfastError | undefined;
  private readonly around: Surroundings;
  private readonly patience: Patience;
  private current: Reading | undefined;
  private delay = FIRST_RETRY;
  /** The operation that has failed, and that this was told of. */
  private told: unknown;
  private stopped = false;

  constructor(around: Surroundings) {
    this.around = around;
    this.patience = new Patience(around.clock);
  }

  /**
   * Undefined: not now, or not as fast as others may wait for; `ready()` is called when there is more to say. Other records may have come in front of it by then.
   *
   * @throws HoldfastError (rejects) `OUTBOX_FAILED`, operation `decode`: it will never be readable
   */
  async entries(record: JournalRecord): Promise<Entries | undefined> {
    if (this.current?.record !== record) this.begin(record);
    if (this.current?.result === undefined && this.current?.timer === undefined) await this.patience.wait();
    // Another one may have been begun, or this one been given up.
    if (this.current?.record !== record) return undefined;
    const { result } = this.current;
    if (result === undefined) return undefined;
    this.current = undefined;
    if ("damage" in result) throw result.damage;
    return result.entries;
  }

  /** Whether {@link entries} has something to say of it at once. */
  has(record: JournalRecord): boolean {
    return this.current?.record === record && this.current.result !== undefined;
  }

  /** @throws HoldfastError `OUTBOX_FAILED`, operation `decode` */
  decode(record: JournalRecord, body: Uint8Array): Entries {
    const { path, maxAge } = this.around;
    try {
      return record.messages(body, maxAge).entries;
    } catch (error) {
      throw storeError("decode", path, error, `record ${record.id} is damaged: ${(error as Error).message}`);
    }
  }

  /** Whoever waits gets nothing: it may be another's turn. */
  interrupt(): void {
    this.patience.end();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
    this.patience.end();
  }

  private begin(record: JournalRecord): void {
    this.drop();
    if (this.stopped) return;
    this.current = { record, result: undefined, timer: undefined };
    void this.read(this.current);
  }

  /** Never rejects. */
  private async read(reading: Reading): Promise<void> {
    reading.timer = undefined;
    const { record } = reading;
    try {
      const body = await this.around.bodies.read(record.id, record);
      this.settled(reading, { entries: this.decrypted(record, body) }, undefined);
    } catch (error) {
      const failure = error as HoldfastError;
      const isDamaged = (failure as { operation?: string }).operation === "decode";
      if (isDamaged) this.settled(reading, { damage: failure }, undefined);
      else this.settled(reading, undefined, failure);
    }
  }

  /** What is encrypted has had its checksum before: what it then is not, the key has made of it. */
  private decrypted(record: JournalRecord, body: Uint8Array): Entries {
    try {
      return this.decode(record, body);
    } catch (error) {
      if (!record.encrypted) throw error;
      const why = `record ${record.id}: what option decrypt has given is no batch; was it another key?`;
      throw storeError("decrypt", this.around.path, error, why);
    }
  }

  private settled(reading: Reading, result: Reading["result"], failure: HoldfastError | undefined): void {
    // Nobody asks for it any more.
    if (this.current !== reading) return;
    reading.result = result;
    this.failure = failure;
    if (failure === undefined) {
      this.delay = FIRST_RETRY;
      this.told = undefined;
    } else {
      reading.timer = this.around.clock.setTimeout(() => this.again(reading), this.delay);
      // Whoever wants the process to live is the connection that it is to be sent on.
      (reading.timer as { unref?(): void } | undefined)?.unref?.();
      this.delay = Math.min(this.delay * 2, LAST_RETRY);
      const { operation } = failure as { operation?: unknown };
      const isTold = this.told === operation;
      this.told = operation;
      this.around.failed(failure, isTold);
    }
    this.patience.end();
    if (result !== undefined) this.around.ready();
  }

  private again(reading: Reading): void {
    const { record } = reading;
    if (record.left > 0) void this.read(reading);
    else {
      // Expired meanwhile: what is behind it has its turn.
      this.drop();
      this.around.ready();
    }
  }

  private drop(): void {
    if (this.current?.timer !== undefined) this.around.clock.clearTimeout(this.current.timer);
    this.current = undefined;
    this.failure = undefined;
  }
}
