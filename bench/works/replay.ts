import { connectLibrary } from "../clients/connect.js";
import { publishFrame, readyMade } from "../clients/frames.js";
import { RawLink } from "../clients/raw-link.js";
import type { Sample } from "../figures.js";
import { SUBJECT, type WorkerJob } from "../processes/messages.js";
import { Meter } from "../processes/meter.js";
import { Sockets } from "../processes/sockets.js";
import { median } from "../statistics.js";
import { oneStep, type Perform } from "./stage.js";
import { type ReplayWork, scaled } from "./work.js";

/** Reconnects before the measured ones, and those. */
const WARM = 2;
const MEASURED = 3;

/**
 * From the new link's connect to the confirmation of a full window. A library that keeps nothing is given the messages again by its
 * application, when it says that it is back; a raw socket writes ready-made bytes.
 */
export const replay: Perform<ReplayWork> = async (work, job) => {
  const payload = new Uint8Array(work.size).fill(120);
  const frame = publishFrame(SUBJECT, { payload, headers: false }).length;
  // PINGs take room as well.
  const messages = scaled(Math.floor((work.bytes * 0.99) / frame), job.ms);
  const once =
    job.client === "raw" ? rawOnce(job, payload, messages) : await libraryOnce(job, payload, messages);
  const samples: Sample[] = [];
  for (let i = 0; i < WARM + MEASURED; i++) {
    globalThis.gc?.();
    samples.push(await once());
  }
  const measured = samples.slice(WARM);
  const time = median(measured.map((sample) => sample.time!));
  const cpu = median(measured.map((sample) => sample.cpu!));
  return oneStep(work, { time, rate: messages / time, cpu, peakRss: samples.at(-1)!.peakRss });
};

async function libraryOnce(job: WorkerJob, payload: Uint8Array, messages: number) {
  const sockets = new Sockets(job);
  const client = await connectLibrary(job.client, job);
  return async (): Promise<Sample> => {
    const back = client.heard("reconnect");
    const linked = sockets.connected();
    const away = client.heard("disconnect");
    sockets.cut();
    await away;
    // Each client has to encode them, whenever it does.
    const meter = new Meter();
    if (client.keeps) await client.publishMany(messages, SUBJECT, payload);
    const begun = await linked;
    await back;
    if (!client.keeps) await client.publishMany(messages, SUBJECT, payload);
    await client.flush();
    return { ...meter.stop(messages), time: (performance.now() - begun) / 1000 };
  };
}

function rawOnce(job: WorkerJob, payload: Uint8Array, messages: number) {
  const { bytes, messages: perWrite } = readyMade({ subjects: [SUBJECT], payload, headers: false });
  const sockets = new Sockets(job);
  return async (): Promise<Sample> => {
    const linked = sockets.connected();
    const meter = new Meter();
    const [begun, link] = await Promise.all([linked, RawLink.open(job.where)]);
    for (let left = messages; left > 0; left -= perWrite) {
      const some = bytes.subarray(0, (Math.min(left, perWrite) * bytes.length) / perWrite);
      if (!link.socket.write(some)) await link.drained();
    }
    await link.confirmed();
    const sample = { ...meter.stop(messages), time: (performance.now() - begun) / 1000 };
    link.socket.destroy();
    return sample;
  };
}
