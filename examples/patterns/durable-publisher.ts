/**
 * Durable publisher: each message is on disk before its caller goes on, and in the stream once, whatever is killed, and whenever.
 *
 * By hand: a table or a file of messages that were not sent, a worker that sends and deletes them, ids so that none is stored twice, a start that
 * finds what was left. Here: `openOutbox()` with a stream, and `publishDurable()`.
 *
 * Run it: npm run example -- durable-publisher
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, optionsFromEnv } from "holdfast";
import { openOutbox } from "holdfast/outbox";
import { ensureStream, gracefulShutdown } from "holdfast/service";

const outbox = await openOutbox({
  path: process.env.OUTBOX ?? join(tmpdir(), "holdfast-durable-publisher"), // in earnest: a volume
  mode: "always",
  stream: "METERS",
});
outbox.on("error", (error) => console.log(`outbox: ${error.message}`));
outbox.on("parked", ({ subject, reason }) => console.log(`not for the stream: ${subject}: ${reason}`));
const { recovered } = outbox.stats();
if (recovered > 0) console.log(`${recovered} messages of an earlier process are on disk`);

const nc = await connect(optionsFromEnv(process.env, { outbox, retryOnFailedConnect: true }));
nc.on("disconnect", () => console.log("disconnected: on disk only"));
nc.on("reconnect", () => console.log(`connected again: ${outbox.stats().messages} to be sent`));
if (nc.state === "connected") connected();
else nc.once("connect", connected); // it may have no server for hours: what is published is on disk

function connected(): void {
  console.log(`connected: ${outbox.stats().messages} to be sent`);
  // As long as it is not there, messages wait on disk. An hour of ids: a process may be away for as long.
  const stream = { name: "METERS", subjects: ["meters.>"], duplicate_window: 3_600_000_000_000 };
  ensureStream(nc, stream).catch((error) => console.log(`no stream: ${error.message}`));
}

let number = Number(process.env.FROM ?? 0);
const work = setInterval(
  () => {
    const reading = String(++number);
    nc.publishDurable("meters.1", reading).then(
      () => console.log(`stored ${reading}`),
      (error) => console.log(`not stored ${reading}: ${error.message}`), // OUTBOX_FULL, OUTBOX_FAILED: for the caller to decide
    );
  },
  Number(process.env.EVERY ?? 100),
);

gracefulShutdown(nc, {
  before: () => clearInterval(work),
  async after() {
    await outbox.close();
    const { confirmed, messages } = outbox.stats();
    console.log(JSON.stringify({ confirmed, left: messages }));
  },
});
