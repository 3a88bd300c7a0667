import type { ThroughputCase } from "./cases.js";
import type { ClientName } from "./clients/client.js";
import { Child } from "./processes/child.js";
import {
  type Amount,
  type FromProducer,
  type FromWorker,
  type ProducerJob,
  type ToProducer,
  WARM_UP,
  type WorkerJob,
} from "./processes/messages.js";
import type { Sample } from "./processes/meter.js";

/** Live: messages on their way at most. Some 100 ms of them, so that nobody waits for one and no server's queue runs over. */
const CREDIT = 131_072;
const PATIENCE_MS = 30_000;
const WORKER = new URL("processes/worker.js", import.meta.url);
const PRODUCER = new URL("processes/producer.js", import.meta.url);

/** One measurement of one client, in a fresh process. */
export interface Measurement {
  readonly of: ThroughputCase;
  readonly client: ClientName;
  readonly server: string;
  readonly amount: Amount;
  /** Flags for the Node of the client's process. */
  readonly execArgv?: string[];
}

/** Measures; resolves when the process has ended. */
export async function measureThroughput(measurement: Measurement): Promise<Sample> {
  const { of, client, server, amount, execArgv = [] } = measurement;
  const { work, size } = of;
  const job: WorkerJob = { work, client, server, size, amount };
  const worker = new Child<FromWorker>(client, WORKER, job, ["--expose-gc", ...execArgv]);
  try {
    const sampled = worker.next("sample", PATIENCE_MS);
    sampled.catch(() => {}); // it is awaited a little later
    if (work === "publish") return await ended(worker, sampled);
    await worker.next("subscribed", PATIENCE_MS);
    const producer = new Child<FromProducer>("producer", PRODUCER, { server, size } satisfies ProducerJob);
    try {
      if (work === "live") feed(worker, producer);
      else await fill(worker, producer, WARM_UP.receiveMessages + amount.receiveMessages);
      return await ended(worker, sampled);
    } finally {
      await producer.stop();
    }
  } finally {
    await worker.stop();
  }
}

async function ended(worker: Child<FromWorker>, sampled: Promise<{ sample: Sample }>): Promise<Sample> {
  const { sample } = await sampled;
  await worker.exited();
  return sample;
}

/** Lets the producer send as fast as the worker takes. */
function feed(worker: Child<FromWorker>, producer: Child<FromProducer>): void {
  const grant = (credit: number) => producer.send({ credit } satisfies ToProducer);
  worker.on("taken", ({ messages }) => grant(messages));
  grant(CREDIT);
}

/**
 * Lets the worker wait until the server holds everything for it. Whoever then reads it shares the machine only with a server
 * that writes: else its own speed would not show, since a server takes longer to route a message than to receive one takes.
 */
async function fill(worker: Child<FromWorker>, producer: Child<FromProducer>, all: number): Promise<void> {
  producer.send({ credit: all } satisfies ToProducer);
  await producer.next("confirmed", PATIENCE_MS);
  worker.release();
}
