import { connectClient } from "../clients/connect.js";
import { REQUESTS } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { oneStep, type Perform } from "./stage.js";
import { type RequestWork, WARM_TIMES } from "./work.js";

export const request: Perform<RequestWork> = async (work, job) => {
  const { size, inFlight } = work;
  const payload = new Uint8Array(size).fill(120);
  const client = await connectClient(job.client, job);
  await client.requestFor(job.ms * WARM_TIMES, REQUESTS, payload, inFlight);
  const meter = new Meter();
  return oneStep(work, meter.stop(await client.requestFor(job.ms, REQUESTS, payload, inFlight)));
};
