import type { Work } from "../cases.js";
import type { ClientName } from "../clients/client.js";
import type { Sample } from "./meter.js";

/** What one worker process is to measure. */
export interface WorkerJob {
  readonly work: Work;
  readonly client: ClientName;
  readonly server: string;
  /** Bytes of a payload. */
  readonly size: number;
  readonly amount: Amount;
}

/** How much is done in one measurement: publishing goes by time, receiving by number. */
export interface Amount {
  readonly publishMs: number;
  readonly receiveMessages: number;
}

/** What is done before the measurement, so that all code is compiled. */
export const WARM_UP: Amount = { publishMs: 400, receiveMessages: 400_000 };

/** What a worker tells. `taken`: so many more messages came in. */
export type FromWorker =
  | { type: "subscribed" }
  | { type: "taken"; messages: number }
  | { type: "sample"; sample: Sample };

/** What the producer is told to send. */
export interface ProducerJob {
  readonly server: string;
  readonly size: number;
}

/** What a producer is told: so many more messages may be sent. */
export interface ToProducer {
  credit: number;
}

/** What a producer tells: the server has everything for which there was credit. */
export type FromProducer = { type: "confirmed" };

export const SUBJECT = "bench.throughput";
