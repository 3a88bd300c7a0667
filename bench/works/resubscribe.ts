import { connectLibrary } from "../clients/connect.js";
import { SUBJECT, subjectsOf } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { Sockets } from "../processes/sockets.js";
import { median } from "../statistics.js";
import { oneStep, type Perform } from "./stage.js";
import { type ResubscribeWork, scaled } from "./work.js";

/** Reconnects before the measured ones, and those. */
const WARM = 3;
const MEASURED = 5;

/** From the new link's connect to the server's word that it has every subscription. */
export const resubscribe: Perform<ResubscribeWork> = async (work, job) => {
  const count = scaled(work.subscriptions, job.ms);
  const sockets = new Sockets(job.where.url);
  const client = await connectLibrary(job.client, job);
  await client.subscribeAll(subjectsOf({ prefix: SUBJECT, count }), () => {});
  const times: number[] = [];
  const cpus: number[] = [];
  for (let i = 0; i < WARM + MEASURED; i++) {
    const back = client.heard("reconnect");
    const linked = sockets.connected();
    globalThis.gc?.();
    const meter = new Meter();
    sockets.cut();
    const begun = await linked;
    await back;
    await client.flush();
    times.push((performance.now() - begun) / 1000);
    cpus.push(meter.stop(count).cpu);
  }
  const time = median(times.slice(WARM));
  const { peakRss } = new Meter().stop(1);
  return oneStep(work, { time, rate: count / time, cpu: median(cpus.slice(WARM)), peakRss });
};
