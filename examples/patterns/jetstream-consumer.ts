/**
 * JetStream consumer: stream and durable consumer are made if they are missing, messages are acknowledged when they are done, tried again
 * when they fail, and put aside when they fail for good; it goes on from the last acknowledgement, whatever happened meanwhile.
 *
 * By hand: `streams.add` with a look for "already in use", `consumers.add`, a loop around `consume()` that begins anew when it ends, ack, nak and
 * term in the right branches, a timer of `working()` for slow handlers. Here: `consume()`.
 *
 * Run it: npm run example -- jetstream-consumer   and then: nats -s URL publish orders.1 '{"id":1}'
 */
import { connect, optionsFromEnv } from "holdfast";
import { consume, gracefulShutdown } from "holdfast/service";

const nc = await connect(optionsFromEnv(process.env, { waitOnFirstConnect: true }));

const orders = await consume<{ id: number }>(
  nc,
  {
    stream: "ORDERS",
    durable: "billing",
    ensure: {
      stream: { subjects: ["orders.*"], max_msgs: 100_000, max_bytes: 100 * 1024 * 1024 },
      consumer: { ack_wait: Number(process.env.ACK_WAIT ?? 30_000) * 1e6 }, // JetStream's own: ns
    },
    concurrency: 10,
    prefetch: 100,
    maxDeliver: 3,
    backoff: { initial: Number(process.env.BACKOFF ?? 1_000) },
    deadLetter: { stream: "ORDERS_DEAD", subject: "dead.orders", ensure: true },
  },
  async ({ id }, { attempt }) => {
    if (id % 100 === 13) throw new Error(`order ${id} cannot be billed`);
    console.log(`billed ${id}${attempt > 1 ? `, try ${attempt}` : ""}`);
  },
);
orders.on("state", ({ from, to, reason }) => console.log(`${from} -> ${to}: ${reason}`));
orders.on("recovered", ({ after, reason }) =>
  console.log(`recovered after ${Math.round(after)} ms: ${reason}`),
);
orders.on("recreated", ({ what, name }) => console.log(`made ${what} ${name} anew`));
orders.on("deadLetter", ({ subject, to, attempts }) =>
  console.log(`${subject} to ${to} after ${attempts} tries`),
);

await orders.ready();
console.log("consuming");
gracefulShutdown(nc, { log: console.log });
