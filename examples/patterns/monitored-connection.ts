/**
 * Monitored connection: state, reconnections, time without a link, buffer, messages by subject, latency and errors, for Prometheus.
 *
 * By hand: a class around the client that counts in every callback and around every publish, with subjects normalised so that there are few
 * of them. Here: `registerMetrics()`, which reads when it is scraped, and `serve()`.
 *
 * Run it: npm run example -- monitored-connection   and then: curl localhost:9464/metrics
 */
import { randomUUID } from "node:crypto";
import { connect, optionsFromEnv } from "holdfast";
import { registerMetrics, serve } from "holdfast/observe";
import { gracefulShutdown } from "holdfast/service";
import { register } from "prom-client";

const nc = await connect(optionsFromEnv(process.env, { name: "orders" }));
registerMetrics(nc, { register, labels: { service: "shop" }, subjects: true });
const server = await serve(nc, { port: Number(process.env.PORT ?? 9464), metrics: { register } });
console.log(`metrics at ${server.url}/metrics, the live page at ${server.url}/dashboard`);

const work = setInterval(() => nc.publish(`orders.${randomUUID()}.placed`, "1"), 10);

gracefulShutdown(nc, { before: () => clearInterval(work), last: server });
