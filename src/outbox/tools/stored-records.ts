import { describeCause } from "../../errors.js";
import { storeError } from "../errors.js";
import { Bodies } from "../journal/bodies.js";
import { decodeBody, type StoredEntry } from "../journal/body-codec.js";
import type { JournalRecord } from "../journal/journal-record.js";
import { type FoundRecords, openStore, type ParkedRecord } from "../journal/open-store.js";
import type { BodyHook } from "../journal/options.js";
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
  async waiting(record: JournalRecord): Promise<StoredMessages> {
    return await this.#read(record.id, record, (body) => {
      const { entries } = record.decode(body, this.found.head!.id, Number.POSITIVE_INFINITY);
      return { entries: entries.filter((entry, slot) => entry && !record.isSettled(slot)), reason: "" };
    });
  }

  /**
   * Messages that were refused for good; none when they are no more.
   *
   * @throws an error (rejects) with code `OUTBOX_FAILED` when they cannot be read
   */
  async parked({ id, head }: ParkedRecord): Promise<StoredMessages> {
    return await this.#read(id, head, (body) => {
      const { outbox, number, slots } = head;
      const { entries, reason } = decodeBody(body, {
        outbox,
        number,
        slots,
        maxAge: Number.POSITIVE_INFINITY,
      });
      return { entries: entries.filter((entry, slot) => entry && slot >= head.done), reason };
    });
  }

  async #read(
    id: number,
    facts: { length: number; crc: number; encrypted: boolean },
    decode: (body: Uint8Array) => { entries: (StoredEntry | undefined)[]; reason: string },
  ): Promise<StoredMessages> {
    if (!this.isReadable(facts)) throw storeError("decrypt", this.#store.path, undefined, KEY_NEEDED);
    try {
      const body = await this.#bodies.read(id, facts);
      return decoded(id, this.#store.path, () => decode(body)) as StoredMessages;
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

function decoded<T>(id: number, path: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw storeError("decode", path, error, `the body of record ${id} is damaged: ${describeCause(error)}`);
  }
}
