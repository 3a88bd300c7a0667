import { connectClient } from "../clients/connect.js";
import { type FromWorker, SUBJECT, WARM_UP, type WorkerJob } from "./messages.js";
import { Meter, type Sample } from "./meter.js";
import { takeJob, tell, untilReleased } from "./role.js";
import { Tally } from "./tally.js";

const job = takeJob<WorkerJob>();
const { amount, size } = job;
const client = await connectClient(job.client, job.server, size);
const sample = job.work === "publish" ? await publish() : await receive();
await tell<FromWorker>({ type: "sample", sample });
process.exit();

async function publish(): Promise<Sample> {
  const payload = new Uint8Array(size).fill(120);
  await client.publishFor(WARM_UP.publishMs, SUBJECT, payload);
  globalThis.gc?.();
  const meter = new Meter();
  return meter.stop(await client.publishFor(amount.publishMs, SUBJECT, payload));
}

async function receive(): Promise<Sample> {
  const tally = new Tally(WARM_UP.receiveMessages, amount.receiveMessages, size, (messages) => {
    if (job.work === "live") void tell<FromWorker>({ type: "taken", messages });
  });
  await client.subscribe(SUBJECT, tally);
  await tell<FromWorker>({ type: "subscribed" });
  if (job.work === "receive") untilReleased();
  return tally.sample;
}
