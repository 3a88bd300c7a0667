import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "./folder.js";
import { type Lmdb, LmdbWriter } from "./lmdb-writer.js";
import type { RecordChange } from "./store.js";

/** What LMDB calls its file in a folder. */
export const DATA = "data.mdb";
/** A new file that is being made. */
export const UNFINISHED = /^new-[0-9a-f]{16}$/;

/**
 * Makes the file of an outbox with these records, in place of one that is there. It gets its name when it is complete and on disk, so that a file that is short, or empty,
 * is always a damaged one.
 */
export async function makeDatabase(lmdb: Lmdb, folder: string, put: readonly RecordChange[]): Promise<void> {
  const draft = join(folder, `new-${randomBytes(8).toString("hex")}`);
  try {
    await mkdir(draft, { mode: 0o700 });
    const writer = await LmdbWriter.open(lmdb, draft);
    try {
      if (put.length > 0) await writer.commit({ put, remove: [] });
    } finally {
      await writer.close();
    }
    const file = await open(join(draft, DATA), "r+");
    try {
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(join(draft, DATA), join(folder, DATA));
    await syncFolder(folder);
  } finally {
    await rm(draft, { recursive: true, force: true }).catch(() => {});
  }
}
