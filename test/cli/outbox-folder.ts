import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OverflowMessage } from "../../src/index.js";
import type { Batch } from "../../src/outbox/journal/entry.js";
import { Journal } from "../../src/outbox/journal/journal.js";
import type { JournalOptions } from "../../src/outbox/journal/options.js";
import { openLmdbStore } from "../../src/outbox/store/lmdb-store.js";

/** An outbox on disk, filled as a test wants it. */
export class OutboxFolder implements Disposable {
  readonly path: string;
  private readonly folder = mkdtempSync(join(tmpdir(), "holdfast-outbox-"));

  constructor() {
    this.path = join(this.folder, "outbox");
  }

  /** A file beside the outbox. */
  beside(name: string): string {
    return join(this.folder, name);
  }

  /** Opens its journal, runs `work`, and closes it. */
  async with<T>(work: (journal: Journal) => Promise<T>, options: Partial<JournalOptions> = {}): Promise<T> {
    const journal = await Journal.open({ store: await openLmdbStore(this.path), ...options });
    try {
      return await work(journal);
    } finally {
      await journal.close();
    }
  }

  /** Stores messages, all in one batch. */
  async store(messages: readonly Given[], options: Partial<JournalOptions> = {}): Promise<void> {
    await this.with(async (journal) => {
      await Promise.all(messages.map((given) => journal.store(message(given))));
    }, options);
  }

  /** What would be sent now, in order. */
  async left(options: Partial<JournalOptions> = {}): Promise<string[]> {
    return this.with(async (journal) => {
      const found: string[] = [];
      for (const { entries } of await all(journal)) {
        found.push(...entries.map(({ subject, payload }) => `${subject}=${Buffer.from(payload)}`));
      }
      return found;
    }, options);
  }

  /** Parks entries of the oldest batch, by their numbers in it. */
  async park(...indexes: number[]): Promise<void> {
    await this.with(async (journal) => {
      const batch = await journal.next();
      for (const index of indexes) journal.park(batch!, index, `refused: ${batch!.entries[index].subject}`);
      await journal.flushed();
    });
  }

  /** Changes bytes of the first record that is not the store's own, or of this one, on disk; gives its number. */
  async damage(part: "head" | "body", record?: number): Promise<number> {
    const store = await openLmdbStore(this.path);
    const found = [...store.records()].find(({ id }) => (record === undefined ? id > 1 : id === record))!;
    const body = (await store.body(found.id)) ?? new Uint8Array(0);
    const { id, head } = found;
    const bytes = part === "head" ? head : body;
    bytes[Math.min(20, bytes.length - 1)] ^= 0xff;
    await store.commit({ put: [{ id, head, body }], remove: [] });
    await store.close();
    return id;
  }

  /** The numbers of its records, but that of the store's own. */
  async records(): Promise<number[]> {
    const store = await openLmdbStore(this.path, { readOnly: true });
    const ids = [...store.records()].map(({ id }) => id).filter((id) => id > 1);
    await store.close();
    return ids;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `subject=payload`, or more. */
export type Given = string | (Pick<OverflowMessage, "subject"> & Partial<OverflowMessage>);

function message(given: Given): OverflowMessage {
  if (typeof given !== "string") return { reply: "", headers: undefined, payload: "", bytes: 100, ...given };
  const [subject, payload] = given.split("=");
  return { subject, reply: "", headers: undefined, payload, bytes: given.length };
}

/** All batches that a journal hands out. */
export async function all(journal: Journal): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let batch = await journal.next(); batch !== undefined; batch = await journal.next())
    batches.push(batch);
  return batches;
}
