import { connectClient } from "../clients/connect.js";
import { REQUESTS } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { oneStep, type Perform } from "./stage.js";
import { type RequestWork, WARM_PART } from "./work.js";

/** In place of {@link WARM_PART}. */
const SLOW_WARM_PART = 2;

export const request: Perform<RequestWork> = async (work, job) => {
  const { size, inFlight } = work;
  const payload = new Uint8Array(size).fill(120);
  const client = await connectClient(job.client, job);
  // One at a time there are few of them: code has to be run often to be compiled.
  const warm = job.ms * (inFlight === 1 ? SLOW_WARM_PART : WARM_PART);
  await client.requestFor(warm, REQUESTS, payload, inFlight);
  globalThis.gc?.();
  const meter = new Meter();
  return oneStep(work, meter.stop(await client.requestFor(job.ms, REQUESTS, payload, inFlight)));
};
