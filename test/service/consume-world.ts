import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type Connection, type ConnectionOptions, connect } from "../../src/index.js";
import { type ConsumeOptions, type Consumption, consume } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import type { Cleanup } from "../support/cleanup.js";

/** The stream and the consumer of tests. */
export const ORDERS = {
  stream: "orders",
  durable: "worker",
  ensure: { stream: { subjects: ["orders.*"] }, consumer: {} },
};
/** In nanoseconds, as JetStream has them. */
export const SECOND = 1_000_000_000;

/** A connection for tests of consumers, with what it has told. */
export interface Client {
  readonly nc: Connection;
  readonly jsm: JetStreamManager;
  readonly errors: (Error & { code?: string })[];
}

/** Connects; closed by `cleanup`. */
export async function client(cleanup: Cleanup, options: ConnectionOptions): Promise<Client> {
  const nc = await connect({ backoff: { initial: 50, max: 200 }, ...options });
  cleanup.use({ close: () => nc.close() });
  const errors: Client["errors"] = [];
  nc.on("error", (error) => errors.push(error));
  return { nc, errors, jsm: await jetstreamManager(nc, { checkAPI: false }) };
}

/** A server and a connection, closed by `cleanup`. */
export async function world(cleanup: Cleanup): Promise<Client & { server: NatsServer }> {
  const server = cleanup.use(await NatsServer.start({ jetstream: true }));
  return { server, ...(await client(cleanup, { servers: server.url })) };
}

/** Publishes numbers from `first` to `last` into the stream, each once. */
export async function fill(nc: Connection, first: number, last: number): Promise<void> {
  const js = jetstream(nc, { timeout: 2_000 });
  for (let number = first; number <= last; number++) {
    for (let tried = 1; ; tried++) {
      try {
        await js.publish("orders.new", JSON.stringify(number), { msgID: `n${number}` });
        break;
      } catch (error) {
        // Servers come and go.
        if (tried === 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

/** Consumes numbers into a list. */
export async function numbers(
  nc: Connection,
  options: Partial<ConsumeOptions<number>> = {},
): Promise<{ seen: number[]; consumption: Consumption }> {
  const seen: number[] = [];
  const consumption = await consume<number>(nc, { ...ORDERS, ...options }, (data) => {
    seen.push(data);
  });
  if (options.ensure !== false) await consumption.ready();
  return { seen, consumption };
}

/** Whole numbers, both ends included. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Resolves when the consumer has nothing to deliver and waits for nothing, up to this sequence. */
export async function settled(jsm: JetStreamManager, floor: number, patience = 20_000): Promise<void> {
  const deadline = performance.now() + patience;
  let state = "nothing";
  while (performance.now() < deadline) {
    try {
      const info = await jsm.consumers.info(ORDERS.stream, ORDERS.durable);
      const { num_ack_pending: unacked, num_pending: pending, ack_floor: acked } = info;
      if (unacked === 0 && pending === 0 && acked.stream_seq >= floor) return;
      state = JSON.stringify({ unacked, pending, floor: acked.stream_seq });
    } catch (error) {
      state = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the consumer has not settled: ${state}`);
}

/** Resolves when the consumer waits for so many acknowledgements. */
export async function unacked(jsm: JetStreamManager, count: number): Promise<void> {
  let last = -1;
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    ({ num_ack_pending: last } = await jsm.consumers.info(ORDERS.stream, ORDERS.durable));
    if (last === count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the consumer waits for ${last} acknowledgements, not ${count}`);
}
