import { setTimeout as sleep } from "node:timers/promises";
import type { BenchClient } from "../clients/client.js";
import { connectClient } from "../clients/connect.js";
import { SUBJECT } from "../processes/messages.js";
import { Meter, memoryInUse } from "../processes/meter.js";
import { oneStep, type Perform } from "./stage.js";
import { type ConnectionsWork, scaled, WARM_CONNECTIONS } from "./work.js";

/** Connections that are made at the same time. */
const AT_ONCE = 20;
/** ms without anything to do before memory is looked at. */
const QUIET = 150;
/** ms after which everything is still: a server sends its first PING after 2 s, and who hears of it may look around for 2 s more. */
const SETTLED = 4500;
/** ms of idleness: as long as Holdfast's default `pingInterval`, so that each connection sends one PING in them. */
const IDLE = 20_000;
const PAYLOAD = new Uint8Array(128).fill(120);

export const connections: Perform<ConnectionsWork> = async (work, job) => {
  const count = scaled(work.count, job.ms, 4);
  const all: BenchClient[] = [];
  let made = 0;
  /** Each publishes and receives once, as a connection in use has; then it is idle. */
  const make = async () => {
    const client = await connectClient(job.client, job);
    const subject = `${SUBJECT}.${made++}`;
    const heard = new Promise<void>((resolve) => {
      all.push(client);
      void client
        .subscribe(subject, () => resolve(), { payload: PAYLOAD, headers: false })
        .then(() => {
          client.publish(subject, PAYLOAD);
        });
    });
    await heard;
  };
  const makeMany = async (number: number) => {
    let left = number;
    const work = async () => {
      while (left-- > 0) await make();
    };
    await Promise.all(Array.from({ length: Math.min(number, AT_ONCE) }, work));
  };
  await makeMany(Math.min(count, WARM_CONNECTIONS));
  await sleep(QUIET);
  const before = await memoryInUse();
  const meter = new Meter();
  await makeMany(count);
  const sample = meter.stop(count);
  await sleep(QUIET);
  const after = await memoryInUse();
  return oneStep(work, {
    ...sample,
    memory: (after.used - before.used) / count,
    resident: (after.resident - before.resident) / count,
    ...(work.idle === true ? { idleCpu: await idleCpu(all.length, job.ms) } : {}),
  });
};

/** Seconds of CPU per connection and second, over a whole interval of Holdfast's PINGs. */
async function idleCpu(connections: number, ms: number): Promise<number> {
  await sleep(scaled(SETTLED, ms));
  const meter = new Meter();
  await sleep(scaled(IDLE, ms));
  const { cpu, time } = meter.stop(connections);
  return cpu / time;
}
