/**
 * Health monitor: endpoints for a load balancer, for Kubernetes, and for people.
 *
 * By hand: five routes that put together what callbacks have noted, a flush with a deadline, and care that no probe hangs while the server
 * does. Here: one handler for the HTTP server that the service has anyway; without one, `serve(nc, { port })`.
 *
 * | path | 200 | 503 |
 * |---|---|---|
 * | /health/live | the process answers | |
 * | /health/ready | it may get work | not connected for longer than the grace period, draining, closed, or the buffer is nearly full |
 * | /health | connected | not connected; with server, times, counters and cause |
 * | /health/nats | the server has answered a PING | it has not |
 * | /metrics | the metrics | |
 *
 * Run it: npm run example -- health-monitor   and then: curl -i localhost:8080/health/ready
 */
import { createServer } from "node:http";
import { connect, optionsFromEnv } from "holdfast";
import { healthHandler, registerMetrics } from "holdfast/observe";
import { gracefulShutdown } from "holdfast/service";
import { register } from "prom-client";

// Without a server the process starts all the same, and is not ready.
const nc = await connect(optionsFromEnv(process.env, { retryOnFailedConnect: true }));
registerMetrics(nc, { register });
const health = healthHandler(nc, {
  readiness: { grace: Number(process.env.GRACE ?? 30_000) },
  deadline: 500,
});

const http = createServer((req, res) => {
  health(req, res, async () => {
    const [type, text] =
      req.url === "/metrics"
        ? [register.contentType, await register.metrics()]
        : ["text/plain", "the application\n"];
    res.setHeader("content-type", type).end(text);
  });
});
gracefulShutdown(nc, { last: http }); // from the signal on /health/ready says 503, until the end
http.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => console.log("listening on", http.address()));
