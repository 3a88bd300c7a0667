import { DiskOutbox } from "./disk-outbox.js";
import { storeError } from "./errors.js";
import { Journal } from "./journal/journal.js";
import type { JournalEvents } from "./journal/options.js";
import { type OutboxOptions, readOutboxOptions } from "./options.js";
import type { Outbox } from "./outbox.js";
import { openLmdbStore } from "./store/lmdb-store.js";
import type { OutboxStore } from "./store/store.js";

/**
 * Opens an outbox: a place on disk for messages that must not be lost, for option `outbox` of `connect()`. What an earlier process has left in it is sent before anything that
 * is published on that connection. When it holds messages, and was for another stream than option `stream` says now, that is a warning of the process
 * (code `OUTBOX_STREAM_CHANGED`): they go where the option says.
 *
 * Rejects with `INVALID_OPTION` and the option's name, `PACKAGE_MISSING` (option `path` without package `lmdb`), `OUTBOX_IN_USE`, and `OUTBOX_FAILED`; nothing is kept open
 * then.
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const settings = readOutboxOptions(options);
  const { maxBytes, maxAge, stream, encrypt, decrypt } = settings;
  const store = settings.store ?? (await openLmdbStore(settings.path!));
  let outbox: DiskOutbox | undefined;
  // What it finds while it is opened is told to those who can listen by then.
  const early: (() => void)[] = [];
  const pass =
    <K extends keyof JournalEvents>(name: K) =>
    (...args: Parameters<NonNullable<JournalEvents[K]>>): void => {
      const tell = () =>
        (outbox?.journalEvents[name] as ((...given: typeof args) => void) | undefined)?.(...args);
      if (outbox === undefined) early.push(tell);
      else tell();
    };
  const events: JournalEvents = {
    failed: pass("failed"),
    expired: pass("expired"),
    lost: pass("lost"),
    work: pass("work"),
    stored: pass("stored"),
  };
  let journal: Journal;
  try {
    journal = await Journal.open({ store, maxBytes, maxAge, stream, encrypt, decrypt, events });
  } catch (error) {
    await closeQuietly(store);
    throw error;
  }
  warnOfOtherStream(journal, stream);
  outbox = new DiskOutbox(journal, settings);
  // Whoever has awaited this call can add listeners before that.
  setImmediate(() => {
    for (const tell of early) tell();
  });
  return outbox;
}

/**
 * A warning of the process: it is a mistake of whoever has configured it, to be seen before anything is sent. Messages for a stream that go to core NATS are confirmed by a
 * server, and stored nowhere.
 */
function warnOfOtherStream({ path, previousStream, messages }: Journal, stream: string | undefined): void {
  if (messages === 0 || previousStream === undefined || previousStream === stream) return;
  const now =
    stream === undefined ? "has no option stream now: they go to core NATS" : `is for stream "${stream}" now`;
  const held = messages === 1 ? "1 message" : `${messages} messages`;
  process.emitWarning(`outbox ${path} holds ${held} for stream "${previousStream}", and ${now}`, {
    code: "OUTBOX_STREAM_CHANGED",
  });
}

/** What went wrong before is what is told. */
async function closeQuietly(store: OutboxStore): Promise<void> {
  try {
    await store.close();
  } catch (cause) {
    void storeError("close", store.path, cause);
  }
}
