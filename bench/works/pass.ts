import { connectClient } from "../clients/connect.js";
import { SUBJECT } from "../processes/messages.js";
import { Tally } from "../processes/tally.js";
import { oneStep, type Perform } from "./stage.js";
import { type PassWork, scaled, WARM_TIMES } from "./work.js";

/** Messages on their way at most: nobody waits for one, and no queue of the server runs over. */
const ON_THE_WAY = 16_384;
/** Messages that are published in one turn of the event loop at most. */
const IN_A_TURN = 1000;
const MESSAGES = 300_000;

export const pass: Perform<PassWork> = async (work, job) => {
  const { size } = work;
  const measured = scaled(MESSAGES, job.ms);
  const warm = measured * WARM_TIMES;
  const tally = new Tally({ warm, warmMs: job.ms * WARM_TIMES, measured, ms: job.ms, size });
  const [publisher, subscriber] = await Promise.all([
    connectClient(job.client, job),
    connectClient(job.client, job),
  ]);
  const payload = new Uint8Array(size).fill(120);
  await subscriber.subscribe(SUBJECT, tally.take, { payload, headers: false });
  let published = 0;
  const room = () => {
    if (tally.done) return Number.NaN;
    const messages = Math.max(0, Math.min(IN_A_TURN, ON_THE_WAY - (published - tally.messages)));
    published += messages;
    return messages;
  };
  void publisher.publishWhile(room, SUBJECT, payload);
  return oneStep(work, await tally.sample);
};
