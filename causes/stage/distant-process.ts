// The process of a DistantClient: connects, subscribes to everything, and tells of its ends.
import { Client } from "./client.js";
import type { Command, Report, Task } from "./distant-protocol.js";

const task: Task = JSON.parse(process.argv[2]);
const report = (what: Report, then?: () => void) => void process.send!(what, undefined, undefined, then);

// Whoever has started it is gone, or is done with it.
process.once("disconnect", () => process.exit(0));
process.on("message", ({ block }: Command) => report("blocking", () => standStill(block)));

let blocked = false;
const connecting = Client.connected(
  {
    ...task.options,
    waitOnFirstConnect: true,
    ...(task.blockInAuthenticator !== undefined && { authenticator: slow(task.blockInAuthenticator) }),
  },
  (ended) => report(ended),
);
// In the next turn the dial is out, and nothing of its answer has been read.
if (task.blockBehindConnect !== undefined) setImmediate(standStill, task.blockBehindConnect);
const client = await connecting;
client.nc.subscribe(">", { callback: () => {} });
await client.nc.flush();
if (task.busy === true) setInterval(compute, 1);
report("ready");

/** ms of work at a time: what comes in is read between two of these. So long that more piles up than is read at once. */
const WORK = 80;

function compute(): void {
  for (const end = performance.now() + WORK; performance.now() < end; );
}

/** An authenticator that has much to do the first time, such as one that derives a key from a password. */
function slow(ms: number) {
  return () => {
    if (!blocked) standStill(ms);
    blocked = true;
    return { user: "me", pass: "pw" };
  };
}

function standStill(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
