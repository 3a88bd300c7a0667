/**
 * Next: route handlers on one connection, and an orderly end. The server is one of our own, so that requests that are under way at SIGTERM are finished.
 *
 * Run it: npm install && npm run dev   then: curl -d '{"item":"book","count":1}' -H content-type:application/json localhost:3000/api/orders
 */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { gracefulShutdown } from "holdfast/service";
import next from "next";
import { nats } from "./lib/nats.js";
import { handleOrders } from "./lib/orders.js";

const { PORT = "3000", HOST = "127.0.0.1", SHUTDOWN_DELAY = "0", NODE_ENV } = process.env;

const nc = await nats();
handleOrders(nc);

const dir = fileURLToPath(new URL(".", import.meta.url));
const app = next({ dev: NODE_ENV !== "production", dir, webpack: true });
await app.prepare();
const server = createServer(app.getRequestHandler());
gracefulShutdown(nc, { servers: server, delay: Number(SHUTDOWN_DELAY) });
server.listen(Number(PORT), HOST, () => {
  console.log(`listening on http://${HOST}:${server.address().port}`);
});
