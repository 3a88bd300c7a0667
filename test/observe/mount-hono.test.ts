import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings, serve } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import { describe, it } from "vitest";
import { healthHandler } from "../../src/observe/health/handler.js";
import { expectMounted, type Mounted, STRICT, withConnection } from "./mounted.js";

async function mounted(server: Server): Promise<Mounted> {
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, "close");
    },
  };
}

describe("Hono [H1]", () => {
  it("before the application", () =>
    expectMounted(
      withConnection((nc) => {
        const app = new Hono();
        app.get("/hello", (c) => c.text("hello"));
        const health = healthHandler(nc, STRICT);
        const hono = getRequestListener(app.fetch);
        const server = createServer((req, res) => health(req, res, () => hono(req, res)));
        return mounted(server.listen(0, "127.0.0.1"));
      }),
    ));

  it.each(["", "/internal"])("as a route, below %j", (base) =>
    expectMounted(
      withConnection((nc) => {
        const app = new Hono<{ Bindings: HttpBindings }>();
        const health = healthHandler(nc, { ...STRICT, base });
        app.get("/hello", (c) => c.text("hello"));
        app.get(`${base}/health/*`, (c) => {
          health(c.env.incoming, c.env.outgoing);
          return RESPONSE_ALREADY_SENT;
        });
        return mounted(serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server);
      }),
      // Hono answers a HEAD by itself with what a GET gives, and complains that there is an answer already.
      { base, head: false },
    ),
  );
});
