/**
 * Production configuration: everything from the environment, with defaults of the service's own, secrets from files, and counters.
 *
 * By hand: a function that reads `NATS_SERVERS`, splits it, parses numbers, and forgets to say which variable is wrong; counters in each
 * callback. Here: `optionsFromEnv()`, and what the connection counts anyway.
 *
 * Run it: npm run example -- production-configuration [--help]
 */
import { connect, optionsFromEnv } from "holdfast";
import { Observation } from "holdfast/observe";
import { gracefulShutdown } from "holdfast/service";

if (process.argv.includes("--help")) {
  console.log(optionsFromEnv.describe({ env: process.env })); // all variables, and what is in force; secrets are masked
  process.exit();
}

const options = optionsFromEnv(process.env, {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 2_000,
  reconnectJitter: 1_000,
  reconnectJitterTLS: 2_000,
  reconnectBufSize: 16 * 1024 * 1024,
  timeout: 30_000,
  pingInterval: 30_000,
  maxPingOut: 3,
  waitOnFirstConnect: true,
});
const nc = await connect(options); // its name: service-host
console.log(`${options.name} is connected to ${nc.getServer()}`);

const seen = Observation.of(nc);
const work = setInterval(() => nc.publish("ticks", "1"), 10);
const report = setInterval(
  () => {
    const { reconnects, outMsgs, inMsgs, confirmed } = nc.stats();
    const errors = Object.fromEntries(seen.errors);
    console.log(
      JSON.stringify({ disconnects: seen.disconnects, reconnects, errors, outMsgs, inMsgs, confirmed }),
    );
  },
  Number(process.env.REPORT_EVERY ?? 5_000),
);

gracefulShutdown(nc, { before: () => clearInterval(work), after: () => clearInterval(report) });
