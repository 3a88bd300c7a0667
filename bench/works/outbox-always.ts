import { fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Connection } from "../../src/index.js";
import { loadHoldfast } from "../clients/holdfast.js";
import type { Sample } from "../figures.js";
import { SUBJECT } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { outboxesOf, ownFolder } from "./outbox-place.js";
import type { Perform } from "./stage.js";
import type { OutboxAlwaysWork } from "./work.js";

/** A disk is measured for so many times as long as a processor: single writes of it differ. */
const LONGER = 4;
/** ms for what is still to be sent when enough was stored. */
const PATIENCE = 30_000;

/**
 * Stores messages for many callers, each of which waits until its own is on disk, while they are sent and removed behind them; then writes as many bytes to a plain file, in
 * batches as large as the outbox's were, and one message at a time.
 */
export const outboxAlways: Perform<OutboxAlwaysWork> = async ({ size, callers }, job) => {
  const folder = ownFolder();
  const { openOutbox } = await outboxesOf(job.library);
  const outbox = await openOutbox({ path: join(folder, "outbox"), mode: "always" });
  const nc = await (await loadHoldfast(job.where, job.library))({ outbox });
  const payload = new Uint8Array(size).fill(120);
  const ms = job.ms * LONGER;
  await durableFor(ms, nc, payload, callers);
  const commits = () => outbox.facts().flushes.count;
  const before = commits();
  const meter = new Meter();
  const messages = await durableFor(ms, nc, payload, callers);
  const sample = meter.stop(messages);
  const made = commits() - before;
  await outbox.empty({ timeout: PATIENCE });
  await nc.close();
  await outbox.close();
  const batch = Math.max(1, Math.round(messages / made));
  const file = openSync(join(folder, "plain"), "a");
  return {
    "append and fdatasync, batches as large": plain(file, size, batch, ms),
    outbox: { ...sample, commits: (1000 * made) / messages },
    "append and fdatasync, one by one": plain(file, size, 1, ms),
  };
};

/** So many callers, each of whom has one message on its way. */
async function durableFor(ms: number, nc: Connection, payload: Uint8Array, callers: number): Promise<number> {
  const end = performance.now() + ms;
  let messages = 0;
  const caller = async () => {
    do {
      await nc.publishDurable(SUBJECT, payload);
      messages++;
    } while (performance.now() < end);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return messages;
}

/** What the disk allows: nothing but bytes, at the end of a file. */
function plain(file: number, size: number, batch: number, ms: number): Sample {
  const bytes = Buffer.alloc(size * batch, 120);
  const meter = new Meter();
  let commits = 0;
  do {
    writeSync(file, bytes);
    fdatasyncSync(file);
    commits++;
  } while (meter.elapsed < ms);
  return { ...meter.stop(commits * batch), commits: 1000 / batch };
}
