import { join } from "node:path";
import type { Connection } from "../../src/index.js";
import { loadHoldfast } from "../clients/holdfast.js";
import { SUBJECT, type WorkerJob } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { outboxesOf, ownFolder } from "./outbox-place.js";
import { oneStep, type Perform } from "./stage.js";
import { type OutboxReplayWork, scaled } from "./work.js";

/** A port of this host that nobody listens at. */
const NOWHERE = "nats://127.0.0.1:1";
/** Messages that are on their way to the disk at the same time. */
const FILLING = 5_000;
const PATIENCE = 60_000;

/** From `connect()` to the confirmation of all: of what an outbox holds since an earlier time, or of what is published then. */
export const outboxReplay: Perform<OutboxReplayWork> = async (work, job) => {
  const messages = scaled(Math.floor(work.bytes / work.size), job.ms);
  const payload = new Uint8Array(work.size).fill(120);
  const once = work.by === "outbox" ? await fromDisk(job, payload, messages) : live(job, payload, messages);
  const connect = await loadHoldfast(job.where, job.library);
  // What the first connection compiles and loads is not counted.
  await (await connect()).close();
  globalThis.gc?.();
  const meter = new Meter();
  await once();
  return oneStep(work, meter.stop(messages));
};

function live({ where, library }: WorkerJob, payload: Uint8Array, messages: number) {
  return async () => {
    const nc = await (await loadHoldfast(where, library))();
    for (let i = 0; i < messages; i++) if (!nc.publish(SUBJECT, payload)) await nc.writable();
    await nc.flush();
  };
}

/** Fills an outbox, closes it, and opens it again: what is in it comes from disk. */
async function fromDisk({ where, library }: WorkerJob, payload: Uint8Array, messages: number) {
  const options = { path: join(ownFolder(), "outbox"), mode: "always", maxBytes: 8 * 1024 ** 3 } as const;
  const { openOutbox } = await outboxesOf(library);
  const connect = await loadHoldfast(where, library);
  const filled = await openOutbox(options);
  const away = await connect({ servers: NOWHERE, outbox: filled, retryOnFailedConnect: true });
  await fill(away, payload, messages);
  await away.close();
  await filled.close();
  const outbox = await openOutbox(options);
  return async () => {
    await connect({ outbox });
    await outbox.empty({ timeout: PATIENCE });
  };
}

/** Has so many messages on disk. */
async function fill(nc: Connection, payload: Uint8Array, messages: number): Promise<void> {
  let left = messages;
  const caller = async () => {
    while (left-- > 0) await nc.publishDurable(SUBJECT, payload);
  };
  await Promise.all(Array.from({ length: Math.min(FILLING, messages) }, caller));
}
