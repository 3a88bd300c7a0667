import { connectLibrary } from "../clients/connect.js";
import { SUBJECT } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { oneStep, type Perform } from "./stage.js";
import { type ConfirmWork, WARM_TIMES } from "./work.js";

export const confirm: Perform<ConfirmWork> = async (work, job) => {
  const { size, inFlight } = work;
  const payload = new Uint8Array(size).fill(120);
  const client = await connectLibrary(job.client, job);
  await client.confirmFor(job.ms * WARM_TIMES, SUBJECT, payload, inFlight);
  const meter = new Meter();
  return oneStep(work, meter.stop(await client.confirmFor(job.ms, SUBJECT, payload, inFlight)));
};
