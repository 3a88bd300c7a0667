/**
 * Fastify: the same service, with the connection as a decorator of the application.
 *
 * Run it: npm run example -- fastify   then: curl -d '{"item":"book","count":1}' -H content-type:application/json localhost:8080/orders
 */
import { randomUUID } from "node:crypto";
import Fastify from "fastify";
import { type Connection, connect, optionsFromEnv } from "holdfast";
import { healthHandler, registerMetrics } from "holdfast/observe";
import { gracefulShutdown, request } from "holdfast/service";
import { register } from "prom-client";
import { handleOrders, NewOrder, statusOf } from "./_shared/orders.js";

declare module "fastify" {
  interface FastifyInstance {
    nc: Connection;
  }
}

const { PORT = "8080", HOST = "127.0.0.1", SHUTDOWN_DELAY = "0" } = process.env;

const nc = await connect(optionsFromEnv(process.env, { retryOnFailedConnect: true }));
registerMetrics(nc, { register });
handleOrders(nc);

const app = Fastify();
app.decorate("nc", nc);

const health = healthHandler(nc);
for (const url of ["/health", "/health/*", "/healthz", "/livez", "/readyz"]) {
  app.get(url, (req, reply) => {
    reply.hijack(); // the handler answers by itself
    health(req.raw, reply.raw);
  });
}
app.get("/metrics", async (_, reply) => reply.type(register.contentType).send(await register.metrics()));

app.post("/orders", async (req, reply) => {
  const order = NewOrder.safeParse(req.body);
  if (!order.success) return reply.code(400).send({ error: order.error.issues[0]?.message });
  const id = randomUUID();
  if (!app.nc.publish("orders.placed", JSON.stringify({ ...order.data, id }))) await app.nc.writable();
  return reply.code(202).send({ id });
});

app.get<{ Params: { id: string } }>("/orders/:id", ({ params: { id } }) =>
  request(app.nc, "orders.get", { id }, { timeout: 3_000, retry: false }),
);

app.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
  const status = error.statusCode ?? statusOf(error); // 400: Fastify could not read the body
  if (status >= 500 && status !== 503) console.error(error);
  return reply.code(status).send({ error: status === 500 ? "internal error" : error.message });
});

gracefulShutdown(nc, { servers: app, delay: Number(SHUTDOWN_DELAY) });
console.log(`listening on ${await app.listen({ port: Number(PORT), host: HOST })}`);
