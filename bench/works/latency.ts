import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { connectClient } from "../clients/connect.js";
import { SUBJECT } from "../processes/messages.js";
import { quantile } from "../statistics.js";
import { oneStep, type Perform } from "./stage.js";
import type { LatencyWork } from "./work.js";

/** Warming up goes at this rate, whatever the measured one: else little would be compiled. */
const WARM_RATE = 50_000;
/** A measurement is that many times as long as others: rare events have to show. */
const LONGER = 2;
/** ms after the last message was due, after which one that did not arrive never will. */
const PATIENCE = 5_000;

/**
 * Open loop: every message has a time at which it is due, and its latency counts from then, also when it was published late because
 * something before it took long. Publisher and subscriber are two links of one process, so that one clock reads both ends; the
 * process does not sleep between messages, so that no timer is measured.
 */
export const latency: Perform<LatencyWork> = async (work, job) => {
  const [publisher, subscriber] = await Promise.all([
    connectClient(job.client, job),
    connectClient(job.client, job),
  ]);
  const payload = new Uint8Array(work.size).fill(120);
  let arrived = (_messages: number) => {};
  await subscriber.subscribe(SUBJECT, (messages) => arrived(messages), { payload, headers: false });

  const run = async (perSecond: number, ms: number): Promise<Float64Array> => {
    const total = Math.max(1, Math.round((perSecond * ms) / 1000));
    const latencies = new Float64Array(total);
    const every = 1000 / perSecond;
    let sent = 0;
    let received = 0;
    const start = performance.now() + 1;
    arrived = (messages) => {
      const now = performance.now();
      // They come in order, so the count says which one it is.
      for (let i = 0; i < messages; i++, received++) latencies[received] = now - (start + received * every);
    };
    while (sent < total) {
      const due = Math.min(total, Math.floor((performance.now() - start) / every) + 1);
      for (; sent < due; sent++) publisher.publish(SUBJECT, payload);
      await setImmediate();
    }
    for (const end = performance.now() + PATIENCE; received < total; ) {
      if (performance.now() > end) throw new Error(`${total - received} of ${total} messages did not arrive`);
      await setImmediate();
    }
    return latencies;
  };

  await run(WARM_RATE, job.ms);
  globalThis.gc?.();
  await sleep(5);
  const found = Array.from(await run(work.perSecond, job.ms * LONGER));
  return oneStep(work, {
    p50: quantile(found, 0.5),
    p99: quantile(found, 0.99),
    p999: quantile(found, 0.999),
  });
};
