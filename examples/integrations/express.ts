/**
 * Express: orders come in over HTTP and go to NATS; health, metrics and an orderly end.
 *
 * In an outage of NATS orders are taken all the same: they are buffered, and sent when there is a link again. Who asks for one gets 503.
 *
 * Run it: npm run example -- express   then: curl -d '{"item":"book","count":1}' -H content-type:application/json localhost:8080/orders
 */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import express, { type ErrorRequestHandler } from "express";
import { connect, optionsFromEnv } from "holdfast";
import { healthHandler, registerMetrics } from "holdfast/observe";
import { gracefulShutdown, request } from "holdfast/service";
import { register } from "prom-client";
import { handleOrders, NewOrder, statusOf } from "./_shared/orders.js";

const { PORT = "8080", HOST = "127.0.0.1", SHUTDOWN_DELAY = "0" } = process.env;

// The program starts although NATS is away: live, and not ready.
const nc = await connect(optionsFromEnv(process.env, { retryOnFailedConnect: true }));
registerMetrics(nc, { register });
handleOrders(nc);

const app = express();
app.use(healthHandler(nc)); // /livez, /readyz, /health, …
app.get("/metrics", async (_, res) => {
  res.type(register.contentType).send(await register.metrics());
});

app.post("/orders", express.json(), async (req, res) => {
  const order = NewOrder.safeParse(req.body);
  if (!order.success) return res.status(400).json({ error: order.error.issues[0]?.message });
  const id = randomUUID();
  // false: more is waiting than is good; whoever sends so fast has to wait.
  if (!nc.publish("orders.placed", JSON.stringify({ ...order.data, id }))) await nc.writable();
  return res.status(202).json({ id });
});

app.get("/orders/:id", async (req, res) => {
  res.json(await request(nc, "orders.get", { id: req.params.id }, { timeout: 3_000, retry: false }));
});

app.use(((error, _req, res, next) => {
  if (res.headersSent) return next(error);
  const status = error.status ?? statusOf(error); // 400: Express could not read the body
  if (status === 500) console.error(error);
  return res.status(status).json({ error: status === 500 ? "internal error" : error.message });
}) satisfies ErrorRequestHandler);

const server = createServer(app);
gracefulShutdown(nc, { servers: server, delay: Number(SHUTDOWN_DELAY) });
server.listen(Number(PORT), HOST, () => {
  const address = server.address();
  console.log(`listening on http://${HOST}:${typeof address === "object" ? address?.port : PORT}`);
});
