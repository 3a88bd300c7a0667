import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { takeRole } from "../../../demo/actors/role.js";
import { type Connection, connect } from "../../../src/index.js";
import { openOutbox } from "../../../src/outbox/index.js";
import { type BacklogDone, type BacklogOrder, numbered, SUBJECT } from "../backlog-protocol.js";

/** A port of this host that nobody listens at. */
const NOWHERE = "nats://127.0.0.1:1";
/** Messages that are on their way to the disk at the same time. */
const FILLING = 5_000;
const MAX_BYTES = 64 * 1024 ** 3;
const PATIENCE = 600_000;
/** ms between two looks at the memory. */
const LOOK = 20;
/** ms between two messages that are published while the backlog is sent. */
const LIVE = 5;

let peakOwn = 0;
setInterval(() => {
  peakOwn = Math.max(peakOwn, memory("RssAnon"));
}, LOOK).unref();

/** Fills an outbox, replays one, or publishes as much without one. */
const tell = takeRole<BacklogOrder, BacklogDone>(async (order) => {
  const done = await (order.what === "fill"
    ? fill(order)
    : order.what === "replay"
      ? replay(order)
      : live(order));
  tell({ type: "done", ...done, peakRss: memory("VmHWM"), peakOwn });
});

type Done = Pick<BacklogDone, "seconds" | "opening" | "published">;

async function fill({ path, messages }: BacklogOrder): Promise<Done> {
  const began = performance.now();
  const outbox = await openOutbox({ path, mode: "always", maxBytes: MAX_BYTES });
  const nc = await connect({ servers: NOWHERE, outbox, retryOnFailedConnect: true });
  let last = 0;
  const caller = async () => {
    while (last < messages) await nc.publishDurable(SUBJECT, numbered(++last));
  };
  await Promise.all(Array.from({ length: FILLING }, caller));
  await nc.close();
  await outbox.close();
  return { seconds: (performance.now() - began) / 1000, opening: 0, published: last };
}

async function replay({ path, url, messages }: BacklogOrder): Promise<Done> {
  const opens = performance.now();
  const outbox = await openOutbox({ path, maxBytes: MAX_BYTES });
  const began = performance.now();
  const nc = await connect({ servers: url, outbox });
  let published = messages;
  let emptied = false;
  // Who publishes meanwhile waits for its turn.
  const meanwhile = (async () => {
    while (!emptied) {
      await room(nc, numbered(++published));
      await sleep(LIVE);
    }
  })();
  await outbox.empty({ timeout: PATIENCE });
  const seconds = (performance.now() - began) / 1000;
  emptied = true;
  await meanwhile;
  await outbox.empty({ timeout: PATIENCE });
  await nc.flush({ timeout: PATIENCE });
  await nc.close();
  await outbox.close();
  return { seconds, opening: began - opens, published };
}

async function live({ url, messages }: BacklogOrder): Promise<Done> {
  const began = performance.now();
  const nc = await connect({ servers: url });
  for (let number = 1; number <= messages; number++) await room(nc, numbered(number));
  await nc.flush({ timeout: PATIENCE });
  const seconds = (performance.now() - began) / 1000;
  await nc.close();
  return { seconds, opening: 0, published: messages };
}

async function room(nc: Connection, payload: Uint8Array): Promise<void> {
  if (!nc.publish(SUBJECT, payload)) await nc.writable();
}

/** What the kernel says of this process's memory under a name, bytes. */
function memory(name: string): number {
  const status = readFileSync("/proc/self/status", "latin1");
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
}
