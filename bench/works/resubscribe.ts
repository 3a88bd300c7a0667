import { connectLibrary } from "../clients/connect.js";
import { RawLink } from "../clients/raw-link.js";
import { cpuTimeOf } from "../processes/cpu-time.js";
import { SUBJECT, subjectsOf, type WorkerJob } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { Sockets } from "../processes/sockets.js";
import { median } from "../statistics.js";
import { oneStep, type Perform } from "./stage.js";
import { type ResubscribeWork, scaled } from "./work.js";

/** Reconnects before the measured ones, and those. */
const WARM = 3;
const MEASURED = 5;

/** Loses the link; resolves when the server has all subscriptions on the next one. */
type Again = () => Promise<void>;

/** From the new link's connect to the server's word that it has every subscription. */
export const resubscribe: Perform<ResubscribeWork> = async (work, job) => {
  const count = scaled(work.subscriptions, job.ms);
  const subjects = subjectsOf({ prefix: SUBJECT, count });
  const sockets = new Sockets(job);
  const again = await (job.client === "raw" ? bytes(job, subjects) : library(job, subjects, sockets));
  const times: number[] = [];
  const cpus: number[] = [];
  const serverCpus: number[] = [];
  const server = () => (job.where.pid === undefined ? undefined : cpuTimeOf(job.where.pid)) ?? Number.NaN;
  for (let i = 0; i < WARM + MEASURED; i++) {
    const linked = sockets.connected();
    globalThis.gc?.();
    const serverBefore = server();
    const meter = new Meter();
    const done = again();
    const begun = await linked;
    await done;
    times.push((performance.now() - begun) / 1000);
    cpus.push(meter.stop(count).cpu);
    serverCpus.push(server() - serverBefore);
  }
  const time = median(times.slice(WARM));
  const { peakRss } = new Meter().stop(1);
  const [cpu, serverCpu] = [cpus, serverCpus].map((list) => median(list.slice(WARM)));
  return oneStep(work, {
    time,
    rate: count / time,
    cpu,
    peakRss,
    ...(Number.isNaN(serverCpu) ? {} : { serverCpu }),
  });
};

async function library(job: WorkerJob, subjects: readonly string[], sockets: Sockets): Promise<Again> {
  const client = await connectLibrary(job.client, job);
  await client.subscribeAll(subjects, () => {});
  return async () => {
    const back = client.heard("reconnect");
    sockets.cut();
    await back;
    await client.flush();
  };
}

/** The server's own time: ready-made lines in one write. */
async function bytes({ where, opened }: WorkerJob, subjects: readonly string[]): Promise<Again> {
  const lines = Buffer.from(subjects.map((subject, i) => `SUB ${subject} ${i + 1}\r\n`).join(""));
  let link: RawLink | undefined;
  opened?.(async () => void link?.socket.destroy());
  const again = async () => {
    link?.socket.destroy();
    link = await RawLink.open(where);
    link.socket.write(lines);
    await link.confirmed();
  };
  await again();
  return again;
}
