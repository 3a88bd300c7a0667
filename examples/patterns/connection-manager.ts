/**
 * Connection manager: one place that connects, knows how the connection is, and tells the rest of the service.
 *
 * By hand: a class around the client with a loop that dials again, a backoff of its own, counters, handlers that must be there before the
 * first attempt, and an object for health. Here: options of `connect()`, its events, and `nc.health()`.
 *
 * Run it: npm run example -- connection-manager
 */
import { connect, optionsFromEnv } from "holdfast";
import { gracefulShutdown } from "holdfast/service";

let intake = false;
let attempts = 0;

const nc = await connect(
  optionsFromEnv(process.env, {
    waitOnFirstConnect: true, // the first connect is tried as long as later ones
    connectedCb({ server }) {
      intake = true;
      console.log(`connected to ${server}: intake on`);
    },
    disconnectedCb(error, { server, cause }) {
      intake = false;
      console.log(`lost ${server} (${cause.kind}: ${error?.message}): intake paused`);
    },
    reconnectErrCb(_error, { attempt, server, cause }) {
      attempts = attempt;
      console.log(`attempt ${attempt} at ${server} failed: ${cause.kind}`);
    },
    reconnectedCb({ server, previous, downtime }) {
      intake = true;
      attempts = 0;
      const instead = server === previous ? "" : ` instead of ${previous}`;
      console.log(`back at ${server}${instead} after ${Math.round(downtime)} ms: intake resumed`);
    },
    discoveredServersCb({ added, deleted }) {
      console.log(`the cluster has changed: added [${added}], deleted [${deleted}]`);
    },
    lameDuckCb({ server }) {
      console.log(`${server} is about to shut down: moving`);
    },
    asyncErrorCb: (error) => console.log(`error: ${error.message}`),
    closedCb: (error) => console.log(`closed: ${error?.message ?? "by us"}`),
  }),
);
nc.on("move", ({ from, to }) => console.log(`moved from ${from} to ${to} without a gap`));
nc.on("serverInfo", ({ server_id, version, cluster }) =>
  console.log(`server ${server_id}, ${version}, ${cluster}`),
);

let taken = 0;
const work = setInterval(() => {
  if (intake) nc.publish("orders.taken", `order ${++taken}`);
}, 10);
const report = setInterval(() => {
  const { status, server, reconnectCount, lastDisconnectedAt } = nc.health();
  console.log(JSON.stringify({ status, server, attempts, reconnectCount, lastDisconnectedAt, taken }));
}, 100);

gracefulShutdown(nc, { before: () => clearInterval(work), after: () => clearInterval(report) }); // drains on SIGTERM and SIGINT
