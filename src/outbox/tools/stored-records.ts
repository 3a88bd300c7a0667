import { describeCause } from "../../errors.js";
import { storeError } from "../errors.js";
import { Bodies, type BodyFacts } from "../journal/bodies.js";
import { decodeBody, type StoredEntry } from "../journal/body-codec.js";
import type { JournalRecord } from "../journal/journal-record.js";
import { type FoundRecords, openStore, type ParkedRecord } from "../journal/open-store.js";
import type { BodyHook } from "../journal/options.js";
import { DamagedFile } from "../store/lmdb-file.js";
import type { OutboxStore } from "../store/store.js";

/** Messages of a batch that have no outcome, or that are parked. */
export interface StoredMessages {
  readonly entries: readonly StoredEntry[];
  /** Why they are parked; empty when they are not. */
  readonly reason: string;
}

const NONE: StoredMessages = { entries: [], reason: "" };
const KEY_NEEDED = "what it holds is encrypted: only a program that has its key can read it";

/** What an outbox has on disk, for those that only look; another process may be writing it. */
export class StoredRecords {
  readonly found: FoundRecords;
  readonly #store: OutboxStore;
  readonly #bodies: Bodies;
  readonly #canDecrypt: boolean;

  private constructor(store: OutboxStore, bodies: Bodies, found: FoundRecords, canDecrypt: boolean) {
    this.#store = store;
    this.#bodies = bodies;
    this.found = found;
    this.#canDecrypt = canDecrypt;
  }

  /** @throws an error (rejects) with code `OUTBOX_FAILED`: it cannot be read, or is of a newer format */
  static async read(store: OutboxStore, decrypt: BodyHook | undefined): Promise<StoredRecords> {
    const bodies = new Bodies(store, undefined, decrypt);
    return new StoredRecords(store, bodies, await openStore(store, bodies), decrypt !== undefined);
  }

  /** Whether bodies can be read with what was given. */
  isReadable({ encrypted }: { encrypted: boolean }): boolean {
    return !encrypted || this.#canDecrypt;
  }

  /**
   * Messages that wait, in order; none when they have got their outcome meanwhile.
   *
   * @throws an error (rejects) with code `OUTBOX_FAILED` when they cannot be read
   */
  waiting(record: JournalRecord): Promise<StoredMessages> {
    return this.#read(asWaiting(record));
  }

  /**
   * Messages that were refused for good; none when they are no more.
   *
   * @throws an error (rejects) with code `OUTBOX_FAILED` when they cannot be read
   */
  parked(record: ParkedRecord): Promise<StoredMessages> {
    return this.#read(asParked(record));
  }

  /**
   * Why messages that wait cannot be read by anybody, with a key or without; undefined: they can, or they are no more. What is encrypted is looked at as far as that goes
   * without its key.
   *
   * @throws an error (rejects) with code `OUTBOX_FAILED` when the disk or the hook has failed, which may pass
   */
  damageOfWaiting(record: JournalRecord): Promise<string | undefined> {
    return this.#damage(asWaiting(record));
  }

  /** As {@link damageOfWaiting}, of messages that were refused. */
  damageOfParked(record: ParkedRecord): Promise<string | undefined> {
    return this.#damage(asParked(record));
  }

  async #damage(batch: StoredBatch): Promise<string | undefined> {
    try {
      if (this.isReadable(batch.facts)) await this.#read(batch);
      else await this.#checkSum(batch);
      return undefined;
    } catch (error) {
      if (!isDamage(error)) throw error;
      return whyUnreadable(error);
    }
  }

  /** Of what is encrypted, without its key. */
  async #checkSum({ id, facts }: StoredBatch): Promise<void> {
    try {
      await this.#bodies.read(id, facts);
    } catch (error) {
      if ((error as FailedStore).operation !== "decrypt" && this.#isThere(id)) throw error;
    }
  }

  async #read({ id, facts, decode }: StoredBatch): Promise<StoredMessages> {
    if (!this.isReadable(facts)) throw storeError("decrypt", this.#store.path, undefined, KEY_NEEDED);
    try {
      const body = await this.#bodies.read(id, facts);
      return decoded(id, this.#store.path, () => decode(body));
    } catch (error) {
      // Sent and confirmed by the process that has the outbox, between the two reads.
      if (!this.#isThere(id)) return NONE;
      throw error;
    }
  }

  #isThere(id: number): boolean {
    for (const record of this.#store.records()) {
      if (record.id === id) return true;
      if (record.id > id) return false;
    }
    return false;
  }
}

/** A batch, whichever it is. */
interface StoredBatch {
  readonly id: number;
  readonly facts: BodyFacts;
  decode(body: Uint8Array): StoredMessages;
}

function asWaiting(record: JournalRecord): StoredBatch {
  return {
    id: record.id,
    facts: record,
    decode: (body) => {
      const { entries } = record.messages(body);
      return { entries: left(entries, (slot) => !record.isSettled(slot)), reason: "" };
    },
  };
}

function asParked({ id, head }: ParkedRecord): StoredBatch {
  const { outbox, number, slots, done } = head;
  return {
    id,
    facts: head,
    decode: (body) => {
      const context = { outbox, number, slots, maxAge: Number.POSITIVE_INFINITY };
      const { entries, reason } = decodeBody(body, context);
      return { entries: left(entries, (slot) => slot >= done), reason };
    },
  };
}

function left(
  entries: readonly (StoredEntry | undefined)[],
  isLeft: (slot: number) => boolean,
): StoredEntry[] {
  return entries.filter((entry, slot): entry is StoredEntry => entry !== undefined && isLeft(slot));
}

function decoded<T>(id: number, path: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw storeError("decode", path, error, `the body of record ${id} is damaged: ${describeCause(error)}`);
  }
}

/** An error of {@link storeError}. */
interface FailedStore extends Error {
  readonly operation?: string;
  readonly path?: string;
}

/** Whether the bytes themselves are wrong: no other key, and no other day, would help. */
function isDamage(error: unknown): boolean {
  if ((error as FailedStore).operation === "decode") return true;
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof DamagedFile) return true;
  }
  return false;
}

/** Why a record cannot be read, without what is said of it anyway: the outbox, and its number. */
export function whyUnreadable(error: unknown): string {
  const { operation, path } = error as FailedStore;
  return describeCause(error)
    .replace(`outbox ${path}: ${operation} failed: `, "")
    .replace(/^record \d+: /, "")
    .replace(/^(?:the (body) of )?record \d+ is damaged: /, (_, body) =>
      body ? "its body is damaged: " : "",
    );
}
