import { connectClient, connectLibrary } from "../clients/connect.js";
import { type Feed, SUBJECT, subjectsOf } from "../processes/messages.js";
import { memoryInUse } from "../processes/meter.js";
import { Tally } from "../processes/tally.js";
import { oneStep, type Perform } from "./stage.js";
import { type ReceiveWork, scaled, WARM_PART } from "./work.js";

/** More than a library takes in a measurement of the usual length, small ones and others; on many subjects a server is slow. */
const MESSAGES = { small: 1_000_000, others: 450_000, many: 200_000 };
const SMALL = 64;

export const receive: Perform<ReceiveWork> = async (work, job, stage) => {
  const { size, by, headers = false, subscriptions = 1 } = work;
  const measured = scaled(amountFor(work), job.ms);
  const warm = Math.ceil(measured * WARM_PART);
  const tally = new Tally({ warm, warmMs: job.ms * WARM_PART, measured, ms: job.ms, size });
  const count = scaled(subscriptions, job.ms);
  const feed: Feed = { messages: warm + measured, subjects: { prefix: SUBJECT, count }, size, headers };
  let held = {};
  if (subscriptions > 1) {
    const client = await connectLibrary(job.client, job);
    const subjects = subjectsOf(feed.subjects);
    const before = await memoryInUse();
    await client.subscribeAll(subjects, tally.take);
    held = { memory: ((await memoryInUse()).used - before.used) / count };
  } else if (by === "iterator") {
    await (await connectLibrary(job.client, job)).iterate(SUBJECT, tally.take);
  } else {
    const client = await connectClient(job.client, job);
    await client.subscribe(SUBJECT, tally.take, { payload: new Uint8Array(size), headers });
  }
  await (work.live === true ? stage.live(feed) : stage.held(feed));
  return oneStep(work, { ...(await tally.sample), ...held });
};

function amountFor({ size, step }: ReceiveWork): number {
  // The steps of a case do the same, also that with a single subscription.
  if (step !== undefined) return MESSAGES.many;
  return size <= SMALL ? MESSAGES.small : MESSAGES.others;
}
