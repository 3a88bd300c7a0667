import { Bodies } from "../journal/bodies.js";
import { encodeHead } from "../journal/head-codec.js";
import { encodeStoreHead, STORE_HEAD } from "../journal/store-head.js";
import { Changes, inPlaces, rewritten, sourcesOf } from "./changes.js";
import { openForChange } from "./open-for-change.js";
import { StoredRecords } from "./stored-records.js";

/**
 * Puts the parked messages of an outbox behind those that wait, so that they are sent again, in their order among themselves, and with new message ids; nobody has it open
 * meanwhile. Resolves with how many there were.
 *
 * Rejects with `INVALID_OPTION` (path), `OUTBOX_IN_USE` (names the owner), `PACKAGE_MISSING`, and `OUTBOX_FAILED`: each message is either still parked, or waits.
 */
export async function unparkOutbox(path: string): Promise<number> {
  const store = await openForChange(path);
  try {
    const records = await StoredRecords.read(store, undefined);
    const { found } = records;
    const { parked } = found;
    if (found.head === undefined || parked.length === 0) return 0;
    const bodies = new Bodies(store, undefined, undefined);
    const changes = new Changes(store);
    // A message must not wait in two places: those that leave for another one have their outcome where they came from.
    for (const record of sourcesOf(found, parked)) {
      const { entries } = await records.waiting(record);
      const head = record.head(found.head.id);
      await changes.add([await rewritten(record.id, head, inPlaces(entries, record), "", bodies)], []);
    }
    await changes.write();
    let id = found.lastId;
    let { reserved } = found.head;
    let messages = 0;
    for (const { id: old, head } of parked) {
      const left = head.slots - head.done - head.gone;
      const body = left > 0 ? await store.body(old) : undefined;
      // Without one it is damaged: it stays where it is, and is told by whoever reads it.
      if (body === undefined) continue;
      const number = reserved;
      reserved += head.slots;
      const put = [
        { id: ++id, head: encodeHead({ ...head, parked: false, number }), body },
        { id: STORE_HEAD, head: encodeStoreHead({ ...found.head, reserved }) },
      ];
      await changes.add(put, [old]);
      messages += left;
    }
    await changes.write();
    return messages;
  } finally {
    await store.close();
  }
}
