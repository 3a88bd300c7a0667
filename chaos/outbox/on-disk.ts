import { existsSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import { decodeHead } from "../../src/outbox/journal/head-codec.js";
import { STORE_HEAD } from "../../src/outbox/journal/store-head.js";
import { HEADS, keyOf } from "../../src/outbox/store/keys.js";

/**
 * How many messages without an outcome an outbox has on disk; undefined where there is none. Read by LMDB itself, which the outbox does not read by: the two must agree. Nobody may have
 * it open.
 */
export async function onDisk(path: string): Promise<number | undefined> {
  if (!existsSync(join(path, "data.mdb"))) return undefined;
  const database = open<Buffer, Buffer>({
    path,
    noSubdir: false,
    readOnly: true,
    encoding: "binary",
    keyEncoding: "binary",
    cache: false,
  });
  try {
    let messages = 0;
    for (const { value } of database.getRange({
      start: keyOf(HEADS, STORE_HEAD + 1),
      end: keyOf(HEADS, Number.MAX_SAFE_INTEGER),
    })) {
      const { parked, slots, done, gone } = decodeHead(value);
      if (!parked) messages += slots - done - gone;
    }
    return messages;
  } finally {
    await database.close();
  }
}
