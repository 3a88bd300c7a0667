import { type Check, numberOf, readOptions } from "../../checks/read-options.js";
import type { BodyHook } from "../journal/options.js";
import { STORE_HEAD } from "../journal/store-head.js";
import { outboxPath } from "../store/folder.js";
import { openLmdbStore } from "../store/lmdb-store.js";
import { headerLines } from "./header-lines.js";
import type { DamagedRecord } from "./report.js";
import { type StoredMessages, StoredRecords, whyUnreadable } from "./stored-records.js";
import { subjectFilter, wrongFilter } from "./subject-filter.js";

/** A message of an outbox. */
export interface ExportedMessage {
  /** The subject that it was published to. */
  readonly subject: string;
  /** Empty when there is none. */
  readonly reply: string;
  /** Names and values, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What it carries, decrypted. */
  readonly payload: Uint8Array;
  /** When it was taken, ms since the epoch. */
  readonly at: number;
  /** When it is worth nothing any more by its own ttl, ms since the epoch; Infinity: never. */
  readonly expiresAt: number;
  /** What a stream knows it by (`Nats-Msg-Id`). */
  readonly messageId: string;
  /** Why it is parked; undefined: it is not. */
  readonly parked: string | undefined;
}

/** Options of `exportOutbox()`. */
export interface ExportOptions {
  /** Those that a server has refused for good, instead of those that wait. Default: false. */
  parked?: boolean;
  /** Only these; `*` and `>` as in subscriptions. Default: all. */
  subject?: string;
  /** So many at most, from 1. Default: all. */
  limit?: number;
  /** As of `openOutbox()`, for what is encrypted. */
  decrypt?: BodyHook;
  /** Told of each record that cannot be read, and is left out. Default: such a record ends the export with its error. */
  damaged?: (record: DamagedRecord) => void;
}

const callable: Check = (value) => (typeof value === "function" ? undefined : "must be a function");
const CHECKS: Record<keyof ExportOptions, Check> = {
  parked: (value) => (typeof value === "boolean" ? undefined : "must be true or false"),
  subject: wrongFilter,
  limit: numberOf("messages", 1, Number.POSITIVE_INFINITY),
  decrypt: callable,
  damaged: callable,
};

/**
 * The messages of an outbox that have no outcome, the oldest first, also while a process has it open. Changes nothing, reads a batch at a time, and does not need package
 * `lmdb`. Of an outbox that is written meanwhile, some that are sent now may be there, or not.
 *
 * The iteration rejects with `OUTBOX_FAILED`: there is no outbox, it cannot be read, is encrypted (without `decrypt`), or is of a newer format.
 *
 * @throws an error with code `INVALID_OPTION`
 */
export function exportOutbox(
  path: string,
  options: ExportOptions = {},
): AsyncIterableIterator<ExportedMessage> {
  return messagesOf(outboxPath(path), readOptions<ExportOptions>(options, CHECKS));
}

async function* messagesOf(path: string, options: ExportOptions): AsyncGenerator<ExportedMessage> {
  const { parked = false, limit = Number.POSITIVE_INFINITY, decrypt, damaged } = options;
  const wanted = subjectFilter(options.subject);
  const store = await openLmdbStore(path, { readOnly: true });
  try {
    const records = await StoredRecords.read(store, decrypt);
    const { found } = records;
    for (const { id, error } of found.damaged) {
      // It has no messages.
      if (id === STORE_HEAD) continue;
      if (damaged === undefined) throw error;
      damaged({ record: id, messages: undefined, why: whyUnreadable(error) });
    }
    const batches: readonly Batch[] = parked
      ? found.parked.map((record) => ({
          id: record.id,
          messages: record.head.slots - record.head.done - record.head.gone,
          encrypted: record.head.encrypted,
          read: () => records.parked(record),
        }))
      : found.records.map((record) => ({
          id: record.id,
          messages: record.left,
          encrypted: record.encrypted,
          read: () => records.waiting(record),
        }));
    let given = 0;
    for (const { id, messages, encrypted, read } of batches) {
      const { entries, reason } = await read().catch((error: unknown): StoredMessages => {
        // The key is missing for all of them: that is no damage.
        if (damaged === undefined || !records.isReadable({ encrypted })) throw error;
        damaged({ record: id, messages, why: whyUnreadable(error) });
        return { entries: [], reason: "" };
      });
      for (const entry of entries) {
        if (!wanted(entry.subject)) continue;
        const { subject, reply, payload, at, expiresAt, messageId } = entry;
        const headers = headerLines(entry.headers);
        yield {
          subject,
          reply,
          headers,
          payload,
          at,
          expiresAt,
          messageId,
          parked: parked ? reason : undefined,
        };
        given++;
        if (given >= limit) return;
      }
    }
  } finally {
    await store.close();
  }
}

interface Batch {
  readonly id: number;
  readonly messages: number;
  readonly encrypted: boolean;
  read(): Promise<StoredMessages>;
}
