import type { Load } from "../clients/client.js";
import { connectClient } from "../clients/connect.js";
import { SUBJECT, subjectsOf } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { oneStep, type Perform } from "./stage.js";
import { type PublishWork, WARM_TIMES } from "./work.js";

export const publish: Perform<PublishWork> = async (work, job) => {
  const { size, subjects = 1, headers = false, times = 1 } = work;
  const load: Load = {
    subjects: subjectsOf({ prefix: SUBJECT, count: subjects }),
    payload: new Uint8Array(size).fill(120),
    headers,
  };
  const client = await connectClient(job.client, job);
  await client.publishFor(job.ms * WARM_TIMES, load);
  const meter = new Meter();
  return oneStep(work, meter.stop(await client.publishFor(job.ms * times, load)));
};
