import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Check, readOptions } from "../../checks/read-options.js";
import { FORMAT } from "../journal/head-codec.js";
import type { BodyHook } from "../journal/options.js";
import { outboxPath } from "../store/folder.js";
import { openLmdbStore } from "../store/lmdb-store.js";
import { ownerOf } from "../store/lock.js";
import type { Amount, DamagedRecord, OutboxReport } from "./report.js";
import { type StoredMessages, StoredRecords, whyUnreadable } from "./stored-records.js";

/** Options of `inspectOutbox()`. */
export interface InspectOptions {
  /** Counts by subject, and checks every message: reads all of them. Default: false. */
  subjects?: boolean;
  /** As of `openOutbox()`: for subjects and reasons of what is encrypted. Default: none, they are left out then. */
  decrypt?: BodyHook;
  /** Called now and then: messages that were looked at, and how many there are. */
  progress?: (done: number, total: number) => void;
}

const callable: Check = (value) => (typeof value === "function" ? undefined : "must be a function");
const CHECKS: Record<keyof InspectOptions, Check> = {
  subjects: (value) => (typeof value === "boolean" ? undefined : "must be true or false"),
  decrypt: callable,
  progress: callable,
};
const MAX_REASONS = 100;
const MAX_SUBJECTS = 10_000;

/**
 * What an outbox holds, also while a process has it open. Changes nothing, and does not need package `lmdb`. Of an outbox that is written meanwhile, the figures are of
 * several instants.
 *
 * Rejects with `INVALID_OPTION`, and with `OUTBOX_FAILED`: there is no outbox, it cannot be read, or is of a newer format.
 */
export async function inspectOutbox(path: string, options: InspectOptions = {}): Promise<OutboxReport> {
  const settings = readOptions<InspectOptions>(options, CHECKS);
  const absolute = outboxPath(path);
  const store = await openLmdbStore(absolute, { readOnly: true });
  try {
    return await new Inspection(await StoredRecords.read(store, settings.decrypt), settings).report(absolute);
  } finally {
    await store.close();
  }
}

class Inspection {
  readonly #records: StoredRecords;
  readonly #options: InspectOptions;
  readonly #damaged: DamagedRecord[] = [];
  readonly #reasons = new Tally(MAX_REASONS);
  readonly #subjects = new Tally(MAX_SUBJECTS);
  #looked = 0;

  constructor(records: StoredRecords, options: InspectOptions) {
    this.#options = options;
    this.#records = records;
  }

  async report(path: string): Promise<OutboxReport> {
    const { head, records, parked, damaged, setAside } = this.#records.found;
    for (const { id, error } of damaged) {
      this.#damaged.push({ record: id, messages: undefined, why: whyUnreadable(error) });
    }
    const { subjects = false } = this.#options;
    const held = records.filter(({ left }) => left > 0);
    // Before bodies are read: what is known of a batch then is not of the same instant any more.
    const messages = held.reduce((total, { left }) => total + left, 0);
    const refused = parked.reduce((total, { head: { slots, done, gone } }) => total + slots - done - gone, 0);
    const total = refused + (subjects ? messages : 0);
    for (const record of parked) {
      const { slots, done, gone } = record.head;
      await this.#look(record.id, slots - done - gone, total, async () => {
        if (!this.#records.isReadable(record.head)) return await this.#records.damageOfParked(record);
        const { entries, reason } = await this.#records.parked(record);
        for (const entry of entries) this.#reasons.add(reason, size(entry));
        return undefined;
      });
    }
    for (const record of subjects ? held : []) {
      await this.#look(record.id, record.left, total, async () => {
        if (!this.#records.isReadable(record)) return await this.#records.damageOfWaiting(record);
        const { entries } = await this.#records.waiting(record);
        for (const entry of entries) this.#subjects.add(entry.subject, size(entry));
        return undefined;
      });
    }
    if (total > 0) this.#options.progress?.(total, total);
    const owner = await ownerOf(path);
    return {
      path,
      owner: owner && { pid: owner.pid, host: owner.host },
      format: head === undefined ? undefined : FORMAT,
      id: head?.id,
      stream: head?.stream,
      createdAt: head?.created,
      messages,
      bytes: records.reduce((sum, { bytes }) => sum + bytes, setAside),
      fileBytes: await folderSize(path),
      oldestAt: held.reduce<number | undefined>((low, { at }) => Math.min(low ?? at, at), undefined),
      newestAt: held.reduce<number | undefined>(
        (high, { lastAt }) => Math.max(high ?? lastAt, lastAt),
        undefined,
      ),
      parked: refused,
      parkedBy: this.#reasons.largest().map(([reason, amount]) => ({ reason, messages: amount.messages })),
      encrypted: records.some(({ encrypted }) => encrypted) || parked.some(({ head }) => head.encrypted),
      damaged: this.#damaged,
      checked: subjects,
      subjects: subjects
        ? this.#subjects.largest().map(([subject, amount]) => ({ subject, ...amount }))
        : undefined,
      otherSubjects: subjects ? this.#subjects.others : undefined,
    };
  }

  async #look(
    record: number,
    messages: number,
    total: number,
    read: () => Promise<string | undefined>,
  ): Promise<void> {
    this.#options.progress?.(this.#looked, total);
    this.#looked += messages;
    const why = await read().catch(whyUnreadable);
    if (why !== undefined) this.#damaged.push({ record, messages, why });
  }
}

function size({ payload, headers }: StoredMessages["entries"][number]): number {
  return payload.length + (headers?.length ?? 0);
}

/** Amounts by name, for not too many names: what is stored decides how many there are. */
class Tally {
  readonly others: { messages: number; bytes: number } = { messages: 0, bytes: 0 };
  readonly #limit: number;
  readonly #amounts = new Map<string, { messages: number; bytes: number }>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(name: string, bytes: number): void {
    let amount = this.#amounts.get(name);
    if (amount === undefined && this.#amounts.size >= this.#limit) amount = this.others;
    if (amount === undefined) {
      amount = { messages: 0, bytes: 0 };
      this.#amounts.set(name, amount);
    }
    amount.messages++;
    amount.bytes += bytes;
  }

  largest(): [string, Amount][] {
    return [...this.#amounts].sort(([, one], [, other]) => other.messages - one.messages);
  }
}

async function folderSize(path: string): Promise<number> {
  let total = 0;
  for (const name of await readdir(path)) {
    const found = await stat(join(path, name)).catch(() => undefined);
    if (found?.isFile()) total += found.size;
  }
  return total;
}
