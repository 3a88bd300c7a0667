/**
 * Client wrapper: handlers kept in one place and isolated, JSON, publishing with a confirmation, requests with a timeout and two retries.
 *
 * By hand: a class with a map of subscriptions, a try around each handler, codecs, a loop of retries, and a close that drains. Here:
 * `handle()`, `publishConfirmed()`, `request()` and `gracefulShutdown()`; `nc.components` is the one place.
 *
 * Run it: npm run example -- client-wrapper
 */
import { connect, optionsFromEnv } from "holdfast";
import { gracefulShutdown, handle, request, UnrecoverableError } from "holdfast/service";
import { z } from "zod";

const nc = await connect(optionsFromEnv(process.env, { waitOnFirstConnect: true }));
nc.on("error", (error) => console.log(`error: ${error.message}`));

const Order = z.object({ id: z.int(), euros: z.number().positive() });
let failures = 2;

const orders = handle(
  nc,
  "orders.created",
  async ({ id, euros }) => {
    if (euros > 1_000) throw new UnrecoverableError("too much for one order"); // given up at once
    if (id === 2 && failures-- > 0) throw new Error("the database is busy"); // tried again, others meanwhile
    console.log(`order ${id}: ${euros} euros`);
  },
  { schema: Order, concurrency: 10, retries: 2, deadLetter: "orders.failed" },
);
orders.on("retry", ({ attempt, delay }) =>
  console.log(`try ${attempt} failed, again in ${Math.round(delay)} ms`),
);
orders.on("deadLetter", ({ to, error }) => console.log(`to ${to}: ${error.code}`));

handle<{ id: number }>(nc, "users.get", ({ id }) => ({ id, name: `user ${id}` }), { queue: "users" });

const user = await request(nc, "users.get", { id: 7 }, { timeout: 5_000, retry: 2, idempotent: true }); // 100 ms × 2ⁿ
console.log(`asked: ${JSON.stringify(user)}`);

await nc.publishConfirmed("orders.created", JSON.stringify({ id: 1, euros: 20 })); // a server has taken it
nc.publish("orders.created", JSON.stringify({ id: 2, euros: 30 })); // not confirmed to us, but kept until it is
nc.publish("orders.created", JSON.stringify({ id: 3, euros: 3_000 }));
nc.publish("orders.created", JSON.stringify({ id: 4, euros: "forty" }));
nc.publish("orders.created", "this is not JSON");

gracefulShutdown(nc, { log: console.log }); // drains on SIGTERM and SIGINT: what came in is handled first
