import { invalidOption } from "../../checks/invalid.js";
import { type Check, numberOf, readOptions } from "../../checks/read-options.js";
import { Bodies } from "../journal/bodies.js";
import type { StoredEntry } from "../journal/body-codec.js";
import { encodeHead } from "../journal/head-codec.js";
import { type JournalRecord, RECORD_OVERHEAD } from "../journal/journal-record.js";
import type { ParkedRecord } from "../journal/open-store.js";
import type { BodyHook } from "../journal/options.js";
import { encodeStoreHead, STORE_HEAD, type StoreHead } from "../journal/store-head.js";
import type { OutboxStore, RecordChange } from "../store/store.js";
import { checkBothHooks } from "./both-hooks.js";
import { Changes, inPlaces, rewritten, sourcesOf } from "./changes.js";
import { openForChange } from "./open-for-change.js";
import type { DamagedRecord } from "./report.js";
import { StoredRecords, whyUnreadable } from "./stored-records.js";
import { subjectFilter, wrongFilter } from "./subject-filter.js";

/** What `purgeOutbox()` removes: `all`, or `damaged`, or what all of the others that are given say. */
export interface PurgeOptions {
  /** Everything, what is parked and what cannot be read as well. */
  all?: boolean;
  /** What cannot be read: looks at all of it. What is encrypted needs no key for that. */
  damaged?: boolean;
  /** Only those that a server has refused for good. */
  parked?: boolean;
  /** Those that were taken longer ago than this, ms; parked ones, too. */
  olderThan?: number;
  /** Those of these subjects; `*` and `>` as in subscriptions; parked ones, too. */
  subject?: string;
  /** Only says what it would remove. Default: false. */
  dryRun?: boolean;
  /** As of `openOutbox()`, where the choice has to look into what is encrypted. */
  encrypt?: BodyHook;
  /** As of `openOutbox()`: one is not allowed without the other. */
  decrypt?: BodyHook;
  /** Called now and then: batches that were looked at, and how many there are. */
  progress?: (done: number, total: number) => void;
}

/** What `purgeOutbox()` has removed, or would remove. */
export interface PurgeReport {
  /** How many messages they were. */
  readonly messages: number;
  /** Bytes of `maxBytes`. */
  readonly bytes: number;
  /** How many {@link PurgeReport.unreadable} there are. */
  readonly damaged: number;
  /** Records that cannot be read, of those that were removed. Of those whose body alone is damaged, the messages are counted. */
  readonly unreadable: readonly DamagedRecord[];
}

const flag: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
const callable: Check = (value) => (typeof value === "function" ? undefined : "must be a function");
const CHECKS: Record<keyof PurgeOptions, Check> = {
  all: flag,
  damaged: flag,
  parked: flag,
  olderThan: numberOf("milliseconds", 0, Number.MAX_SAFE_INTEGER),
  subject: wrongFilter,
  dryRun: flag,
  encrypt: callable,
  decrypt: callable,
  progress: callable,
};

/**
 * Removes messages from an outbox for good; nobody has it open meanwhile. To remove single messages of a batch, it writes the batch anew.
 *
 * Rejects with `INVALID_OPTION` (also when nothing says what is to be removed), `OUTBOX_IN_USE` (names the owner), `PACKAGE_MISSING`, and `OUTBOX_FAILED`: what was removed
 * until then is gone, all else is intact.
 */
export async function purgeOutbox(path: string, options: PurgeOptions): Promise<PurgeReport> {
  const settings = readPurgeOptions(options);
  const store = await openForChange(path, settings.dryRun);
  try {
    return await new Purge(store, settings, await StoredRecords.read(store, settings.decrypt)).run();
  } finally {
    await store.close();
  }
}

/** @throws an error with code `INVALID_OPTION` */
function readPurgeOptions(given: unknown): PurgeOptions {
  const options = readOptions<PurgeOptions>(given, CHECKS);
  const { all = false, damaged = false, parked = false, olderThan, subject } = options;
  const some = parked || olderThan !== undefined || subject !== undefined;
  if (!all && !damaged && !some) {
    const ways = "all, damaged, parked, olderThan or subject";
    throw invalidOption("all", `is missing: say what is to be removed, by ${ways}`);
  }
  if (all && (some || damaged)) throw invalidOption("all", "removes everything: leave it out, or the others");
  if (damaged && some) {
    throw invalidOption("damaged", "goes alone: of what cannot be read nobody knows subjects and ages");
  }
  checkBothHooks(options);
  return options;
}

class Purge {
  readonly #options: PurgeOptions;
  readonly #records: StoredRecords;
  readonly #bodies: Bodies;
  readonly #changes: Changes;
  readonly #wanted: (subject: string) => boolean;
  /** What was taken before this, ms since the epoch, goes. */
  readonly #before: number;
  #messages = 0;
  #bytes = 0;
  readonly #unreadable: DamagedRecord[] = [];

  constructor(store: OutboxStore, options: PurgeOptions, records: StoredRecords) {
    const { olderThan, subject, encrypt, decrypt } = options;
    this.#options = options;
    this.#records = records;
    this.#bodies = new Bodies(store, encrypt, decrypt);
    this.#changes = new Changes(options.dryRun === true ? undefined : store);
    this.#wanted = subjectFilter(subject);
    this.#before = olderThan === undefined ? Number.POSITIVE_INFINITY : Date.now() - olderThan;
  }

  async run(): Promise<PurgeReport> {
    const { found } = this.#records;
    const { all = false, damaged = false, progress } = this.#options;
    const total = found.records.length + found.parked.length;
    let done = 0;
    const leaving: { record: ParkedRecord; messages: number }[] = [];
    for (const record of found.parked) {
      progress?.(done++, total);
      const messages = await this.#lookAtParked(record);
      if (messages !== undefined) leaving.push({ record, messages });
    }
    const sources = sourcesOf(
      found,
      leaving.map(({ record }) => record),
    );
    for (const record of found.records) {
      progress?.(done++, total);
      await this.#lookAtWaiting(record, sources.has(record));
    }
    // A parked message may go only when it cannot come to life again in the record that it came from.
    await this.#changes.write();
    for (const { record, messages } of leaving) await this.#remove(record.id, messages, record.head.length);
    for (const { id, error } of all || damaged ? found.damaged : []) {
      this.#unreadable.push({ record: id, messages: undefined, why: whyUnreadable(error) });
      // The store's own is made anew of what the others say.
      if (id === STORE_HEAD && found.head) await this.#changes.add([storeHead(found.head)], []);
      else await this.#remove(id, 0, -RECORD_OVERHEAD);
    }
    await this.#changes.write();
    progress?.(total, total);
    const unreadable = this.#unreadable;
    return { messages: this.#messages, bytes: this.#bytes, damaged: unreadable.length, unreadable };
  }

  /** How many messages a parked record has, if all of them go; else those that go are out of it. */
  async #lookAtParked(record: ParkedRecord): Promise<number | undefined> {
    const { id, head } = record;
    const left = head.slots - head.done - head.gone;
    if (this.#options.damaged) return this.#notes(id, left, await this.#records.damageOfParked(record));
    if (this.#goesWhole(head.lastAt)) return left;
    if (head.at >= this.#before) return undefined;
    const { entries, reason } = await this.#records.parked(record);
    const kept = entries.filter((entry) => !this.#goes(entry));
    if (kept.length === 0) return left;
    if (kept.length < entries.length) {
      const change = await rewritten(id, head, inPlaces(kept, head), reason, this.#bodies);
      await this.#change(change, entries.length - kept.length, head.length - change.body.length);
    }
    return undefined;
  }

  /** @param source some of its messages are parked, and leave */
  async #lookAtWaiting(record: JournalRecord, source: boolean): Promise<void> {
    const { id, length } = record;
    const { all = false, parked = false, damaged = false } = this.#options;
    const left = Math.max(0, record.left);
    if (damaged) {
      const why = left === 0 ? undefined : await this.#records.damageOfWaiting(record);
      if (this.#notes(id, left, why) !== undefined) return await this.#remove(id, left, length);
    }
    if (all || (!parked && !damaged && left > 0 && this.#goesWhole(record.lastAt))) {
      return await this.#remove(id, left, length);
    }
    const chosen = !parked && !damaged && left > 0 && record.at < this.#before;
    if (!chosen && !source) return;
    const head = record.currentHead();
    if (!chosen && record.gone === 0 && left === record.slots - record.done) {
      // What is parked was at its start: the head says all, and the rest need not be read.
      return await this.#change({ id, head: encodeHead(head) }, 0, 0);
    }
    const { entries } = await this.#records.waiting(record);
    const kept = entries.filter((entry) => !chosen || !this.#goes(entry));
    if (kept.length === 0) return await this.#remove(id, left, length);
    if (kept.length === entries.length && !source) return;
    const change = await rewritten(id, head, inPlaces(kept, record), "", this.#bodies);
    await this.#change(change, entries.length - kept.length, length - change.body.length);
  }

  /** The messages of a record that goes, because it cannot be read; undefined: it stays. */
  #notes(record: number, messages: number, why: string | undefined): number | undefined {
    if (why === undefined) return undefined;
    this.#unreadable.push({ record, messages, why });
    return messages;
  }

  #goesWhole(lastAt: number): boolean {
    const { all = false, subject } = this.#options;
    return all || (subject === undefined && lastAt < this.#before);
  }

  #goes({ subject, at }: StoredEntry): boolean {
    return at < this.#before && this.#wanted(subject);
  }

  async #change(change: RecordChange, messages: number, bytes: number): Promise<void> {
    this.#messages += messages;
    this.#bytes += Math.max(0, bytes);
    await this.#changes.add([change], []);
  }

  async #remove(id: number, messages: number, length: number): Promise<void> {
    this.#messages += messages;
    this.#bytes += RECORD_OVERHEAD + length;
    await this.#changes.add([], [id]);
  }
}

function storeHead(head: StoreHead): RecordChange {
  return { id: STORE_HEAD, head: encodeStoreHead(head), body: new Uint8Array(0) };
}
