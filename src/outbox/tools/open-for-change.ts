import { existingFolder, outboxPath } from "../store/folder.js";
import { openLmdbStore } from "../store/lmdb-store.js";
import { inUse, ownerOf } from "../store/lock.js";
import type { OutboxStore } from "../store/store.js";

/**
 * The store of an outbox that is there, and that nobody has open. The caller closes it.
 *
 * @param readOnly only to be looked at; refused all the same when somebody has it
 * @throws an error (rejects) with code `INVALID_OPTION`, `OUTBOX_IN_USE` (names the owner), `PACKAGE_MISSING` or `OUTBOX_FAILED`
 */
export async function openForChange(path: string, readOnly = false): Promise<OutboxStore> {
  const absolute = outboxPath(path);
  await existingFolder(absolute, "open");
  const owner = await ownerOf(absolute);
  if (owner !== undefined) throw inUse(absolute, owner);
  // This one makes no folder where there is none.
  const looking = await openLmdbStore(absolute, { readOnly: true });
  if (readOnly) return looking;
  await looking.close();
  return await openLmdbStore(absolute);
}
