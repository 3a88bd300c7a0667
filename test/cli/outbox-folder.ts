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
