import { type Check, readOptions } from "../../checks/read-options.js";
import { Bodies } from "../journal/bodies.js";
import { encodeHead } from "../journal/head-codec.js";
import type { BodyHook } from "../journal/options.js";
import { encodeStoreHead, freshPrefix, STORE_HEAD } from "../journal/store-head.js";
import { checkBothHooks } from "./both-hooks.js";
import { Changes, inPlaces, rewritten, sourcesOf } from "./changes.js";
import { openForChange } from "./open-for-change.js";
import { StoredRecords } from "./stored-records.js";

/** Options of `unparkOutbox()`. */
export interface UnparkOptions {
  /** As of `openOutbox()`, for what is encrypted: batches of which only some messages were parked are written anew. */
  encrypt?: BodyHook;
  /** As of `openOutbox()`: one is not allowed without the other. */
  decrypt?: BodyHook;
  /** Called now and then: batches that were moved, and how many there are. */
  progress?: (done: number, total: number) => void;
}

const callable: Check = (value) => (typeof value === "function" ? undefined : "must be a function");
const CHECKS: Record<keyof UnparkOptions, Check> = {
  encrypt: callable,
  decrypt: callable,
  progress: callable,
};

/**
 * Puts the parked messages of an outbox behind those that wait, so that they are sent again, in their order among themselves, and with new message ids; nobody has it open
 * meanwhile. Resolves with how many there were.
 *
 * Rejects with `INVALID_OPTION`, `OUTBOX_IN_USE` (names the owner), `PACKAGE_MISSING`, and `OUTBOX_FAILED`: each message is either still parked, or waits.
 */
export async function unparkOutbox(path: string, options: UnparkOptions = {}): Promise<number> {
  const { encrypt, decrypt, progress } = readUnparkOptions(options);
  const store = await openForChange(path);
  try {
    const records = await StoredRecords.read(store, decrypt);
    const { found } = records;
    const { parked } = found;
    if (found.head === undefined || parked.length === 0) return 0;
    const bodies = new Bodies(store, encrypt, decrypt);
    const changes = new Changes(store);
    // A message must not wait in two places: those that leave for another one have their outcome where they came from.
    const sources = sourcesOf(found, parked);
    const total = sources.size + parked.length;
    let done = 0;
    for (const record of sources) {
      progress?.(done++, total);
      const { entries } = await records.waiting(record);
      const head = record.currentHead();
      await changes.add([await rewritten(record.id, head, inPlaces(entries, record), "", bodies)], []);
    }
    await changes.write();
    let id = found.lastId;
    let { reserved } = found.head;
    let messages = 0;
    const outbox = freshPrefix(found.head.id);
    for (const { id: old, head } of parked) {
      progress?.(done++, total);
      const left = head.slots - head.done - head.gone;
      const body = left > 0 ? await store.body(old) : undefined;
      // Without one it is damaged: it stays where it is, and is told by whoever reads it.
      if (body === undefined) continue;
      const number = reserved;
      reserved += head.slots;
      const put = [
        { id: ++id, head: encodeHead({ ...head, outbox, parked: false, number }), body },
        { id: STORE_HEAD, head: encodeStoreHead({ ...found.head, reserved }) },
      ];
      await changes.add(put, [old]);
      messages += left;
    }
    await changes.write();
    progress?.(total, total);
    return messages;
  } finally {
    await store.close();
  }
}

/** @throws an error with code `INVALID_OPTION` */
function readUnparkOptions(given: unknown): UnparkOptions {
  const options = readOptions<UnparkOptions>(given, CHECKS);
  checkBothHooks(options);
  return options;
}
