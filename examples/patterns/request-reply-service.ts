/**
 * Request-reply service: several processes share the requests of a subject, and a request that fails gets an answer that says so.
 *
 * By hand: a subscription in a queue group, a try around each callback, a check of the input, an answer in every branch, a semaphore, and a
 * drain that does not lose what is under way. Here: `handle()`.
 *
 * Run it: npm run example -- request-reply-service   and then: nats -s URL request quotes.get '{"symbol":"ABC"}'
 */
import { connect, optionsFromEnv } from "holdfast";
import { gracefulShutdown, handle } from "holdfast/service";
import { z } from "zod";

const nc = await connect(optionsFromEnv());
const Query = z.object({ symbol: z.string().regex(/^[A-Z]{1,5}$/) });

/** An error with a code from 400 to 599 is answered with that code and its text; any other one with 500 and "internal error". */
class NotFound extends Error {
  readonly code = 404;
}

handle(
  nc,
  "quotes.get",
  async ({ symbol }, { signal }) => {
    if (symbol === "NONE") throw new NotFound(`no such symbol: ${symbol}`);
    if (symbol === "OOPS") throw new Error("connection string of the database");
    if (symbol === "SLOW") await new Promise((_, reject) => signal.addEventListener("abort", reject)); // never by itself
    return { symbol, price: 12.5, by: process.pid }; // the answer
  },
  {
    queue: "quotes",
    schema: Query,
    concurrency: 10,
    retries: 0,
    timeout: Number(process.env.TIMEOUT ?? 2_000),
  },
);

await nc.flush();
console.log("ready");
gracefulShutdown(nc, { log: console.log });
