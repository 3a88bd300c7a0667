/**
 * Graceful shutdown: on SIGTERM the process gets no more work, finishes what it has, sends what it has published, and ends with code 0.
 *
 * By hand: a handler of signals that stops the HTTP server, the subscriptions and the consumers in the right order, drains, races all of it
 * against a timer, and exits. Here: `gracefulShutdown()`. What is left at the end of the time is told, the code is 1; a second signal ends it at once.
 *
 * Run it: npm run example -- graceful-shutdown   then: curl localhost:8080 & and Ctrl-C
 */
import { createServer } from "node:http";
import { connect, optionsFromEnv } from "holdfast";
import { serve } from "holdfast/observe";
import { gracefulShutdown, handle } from "holdfast/service";

const WORK = Number(process.env.WORK ?? 2_000);
const working = () => new Promise((resolve) => setTimeout(resolve, WORK));

const nc = await connect(optionsFromEnv());
const audit = await connect(optionsFromEnv(process.env, { name: "audit" })); // a second connection, ended with the first

handle<{ id: number }>(
  nc,
  "jobs",
  async ({ id }) => {
    console.log(`job ${id}`);
    await working();
    audit.publish("jobs.done", String(id));
  },
  { queue: "workers", concurrency: 1_000 },
);
await nc.flush(); // the server knows of the handler
const http = createServer(async (_, res) => {
  await working();
  res.end("done\n");
});
const probes = await serve([nc, audit]);

gracefulShutdown([nc, audit], {
  servers: http,
  last: probes, // answers probes until the end: /health/ready says 503 from the signal on
  delay: Number(process.env.DELAY ?? 0), // in Kubernetes some seconds, until no more requests are sent here
  timeout: Number(process.env.SHUTDOWN_TIMEOUT ?? 25_000),
  before: () => console.log("not ready any more"),
  after: ({ complete, took }) =>
    console.log(`${complete ? "complete" : "incomplete"} after ${Math.round(took)} ms`),
});

http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => console.log("listening on", http.address()));
console.log(`probes at ${probes.url}`);
