import { writeSync } from "node:fs";
import { exit } from "node:process";
import { connect } from "../../src/index.js";
import { openOutbox } from "../../src/outbox/index.js";
import { Pace } from "../actors/pace.js";
import { now, sleep } from "../clock.js";
import { payloadOf } from "./names.js";
import { FINISH, type FromPublisher, type PublisherOrder } from "./protocol.js";

// One life: it publishes until it is killed, or told to finish. Whatever the one before it has left on disk goes out first.

const TICK = 100;
/** Promises that wait for the disk at most, so that a slow one slows the publisher down. */
const WAITING = 10_000;
/** For the rest of the backlog, at the end. */
const EMPTY_PATIENCE = 60_000;

const order = JSON.parse(process.argv[2]) as PublisherOrder;
let stopping = false;
let waiting = 0;
let resolved: { from: number; to: number } | undefined;

// Ctrl-C reaches the whole process group; the parent decides what happens then. When it is gone, the input ends.
process.on("SIGINT", () => {});
process.stdin.on("data", (text) => {
  if (String(text) === FINISH) stopping = true;
});
process.stdin.on("end", () => exit(0));
process.stdin.unref?.();

const outbox = await openOutbox({ path: order.path, mode: "always", stream: order.stream });
const nc = await connect({
  servers: [...order.servers],
  outbox,
  name: `crash demo, life ${order.life}`,
  retryOnFailedConnect: true,
  backoff: { initial: 50, max: 250 },
  timeout: 2000,
});
tell({ type: "open" });
const ticking = setInterval(tick, TICK);
tick();
await publish();
while (waiting > 0) await sleep(5);
await outbox.empty({ timeout: EMPTY_PATIENCE });
clearInterval(ticking);
tick();
await nc.close();
const { messages, parked } = outbox.facts();
await outbox.close();
tell({ type: "report", held: messages, parked });
exit(0);

async function publish(): Promise<void> {
  let sequence = 0;
  const pace = new Pace(order.rate, now(), 0);
  while (!stopping) {
    let due = Math.min(pace.due(now(), sequence), WAITING - waiting);
    for (; due > 0; due--) publishOne(sequence++);
    await sleep(1);
  }
}

function publishOne(sequence: number): void {
  waiting++;
  nc.publishDurable(order.subject, payloadOf({ life: order.life, sequence }, order.size)).then(
    () => settled(sequence),
    (error: Error) => {
      waiting--;
      tell({ type: "rejected", error: error.message });
    },
  );
}

/** One commit resolves many promises, one after the other: they are told together, in the very same turn. */
function settled(sequence: number): void {
  waiting--;
  if (resolved !== undefined && sequence === resolved.to + 1) {
    resolved.to = sequence;
    return;
  }
  tellResolved();
  resolved = { from: sequence, to: sequence };
  process.nextTick(tellResolved);
}

function tellResolved(): void {
  if (resolved !== undefined) tell({ type: "resolved", ...resolved });
  resolved = undefined;
}

function tick(): void {
  const { recovered, confirmed, messages } = outbox.facts();
  tell({ type: "tick", recovered, confirmed, held: messages });
}

/** Written before this returns: what has resolved is known, also when the next instant is the last one. */
function tell(line: FromPublisher): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
