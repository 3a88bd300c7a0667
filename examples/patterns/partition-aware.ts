/**
 * Partition-aware connection: behind an outage of more than 30 s, what was missed meanwhile is fetched anew.
 *
 * By hand: the time of each disconnect, a comparison at each reconnect, a callback with duration, previous and new server. Here: the
 * `partition` event, and option `partitionThreshold`.
 *
 * Run it: npm run example -- partition-aware   (it wants somebody who answers "prices.all" with an object of prices, as JSON)
 */
import { connect, optionsFromEnv } from "holdfast";
import { gracefulShutdown, request } from "holdfast/service";

const nc = await connect(optionsFromEnv(process.env, { partitionThreshold: 30_000 }));

let prices: Record<string, number> = {};

async function refresh(): Promise<void> {
  console.log("asking prices.all");
  // Behind an outage its service may be back later than we are: until then the request is tried again.
  prices = await request(nc, "prices.all", undefined, { idempotent: true, retry: 10 });
  console.log(`refreshed: ${JSON.stringify(prices)}`);
}

nc.subscribe("price.*", {
  callback(error, msg) {
    if (error) return console.error(error);
    prices[msg.subject.slice("price.".length)] = msg.json();
    console.log(`changed: ${JSON.stringify(prices)}`);
  },
});
nc.on("reconnect", ({ downtime }) => console.log(`reconnected after ${Math.round(downtime)} ms`));
nc.on("partition", async ({ duration, previous, server }) => {
  console.log(
    `away for ${Math.round(duration)} ms, from ${previous} to ${server}: what we know may be stale`,
  );
  await refresh(); // what it rejects with is told by the error event
});
nc.on("error", (error) => console.error(error.message));

await refresh();
gracefulShutdown(nc);
