import { connectClient } from "../clients/connect.js";
import { waitedForCore } from "../processes/cpu-time.js";
import { SUBJECT } from "../processes/messages.js";
import { sortedQuantile } from "../statistics.js";
import { Schedule } from "./schedule.js";
import { oneStep, type Perform } from "./stage.js";
import { type LatencyWork, WARM_TIMES } from "./work.js";

/** Warming up goes at this rate, whatever the measured one: else little would be compiled. */
const WARM_RATE = 50_000;
/** A measurement is that many times as long as others: rare events have to show, and in less than a second one pause would be the p99. */
const LONGER = 6;
/**
 * ms that the process rests in each turn of the event loop, to which the system adds some 50 µs. One that never rests fights with the
 * threads of the server for two cores, and leaves more garbage by turning, and by looking at the clock, than its client does.
 */
const REST = 0.01;
/** ms after the last message was due, after which one that did not arrive never will. */
const PATIENCE = 5_000;

/**
 * Open loop: every message has a time at which it is due, and its latency counts from then, also when it was published late because
 * something before it took long. Publisher and subscriber are two links of one process, so that one clock reads both ends.
 */
export const latency: Perform<LatencyWork> = async (work, job) => {
  const [publisher, subscriber] = await Promise.all([
    connectClient(job.client, job),
    connectClient(job.client, job),
  ]);
  const payload = new Uint8Array(work.size).fill(120);
  // One loop for both, since what is compiled for another one is compiled anew.
  const schedule = new Schedule(
    { perSecond: WARM_RATE, ms: job.ms * WARM_TIMES },
    { perSecond: work.perSecond, ms: job.ms * LONGER },
  );
  const { warm, total, warmMs } = schedule;
  const latencies = new Float64Array(total - warm).fill(Number.POSITIVE_INFINITY);
  const rest = new Int32Array(new SharedArrayBuffer(4));
  let sent = 0;
  let received = 0;
  let waitedBefore: number | undefined;
  let measuring = false;
  let start = 0;

  const arrived = (messages: number) => {
    const now = performance.now() - start;
    // They come in order, so the count says which one it is.
    for (let i = 0; i < messages; i++, received++) {
      if (received >= warm) latencies[received - warm] = now - schedule.timeOf(received);
    }
  };
  const room = () => {
    Atomics.wait(rest, 0, 0, REST);
    const now = performance.now() - start;
    if (received === total || now > schedule.ms + PATIENCE) return Number.NaN;
    if (!measuring && now >= warmMs) {
      measuring = true;
      waitedBefore = waitedForCore();
    }
    const more = schedule.dueBy(now) - sent;
    sent += more;
    return more;
  };
  await subscriber.subscribe(SUBJECT, arrived, { payload, headers: false });
  start = performance.now();
  await publisher.publishWhile(room, SUBJECT, payload);
  if (received < total) throw new Error(`${total - received} of ${total} messages did not arrive`);
  const waitedAfter = waitedForCore();
  latencies.sort();
  return oneStep(work, {
    p50: sortedQuantile(latencies, 0.5),
    p99: sortedQuantile(latencies, 0.99),
    p999: sortedQuantile(latencies, 0.999),
    ...(waitedBefore === undefined || waitedAfter === undefined
      ? {}
      : { waited: ((waitedAfter - waitedBefore) * 1000) / (schedule.ms - warmMs) }),
  });
};
