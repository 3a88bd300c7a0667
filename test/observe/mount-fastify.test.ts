import fastify from "fastify";
import { describe, it } from "vitest";
import { healthHandler } from "../../src/observe/health/handler.js";
import { expectMounted, STRICT, withConnection } from "./mounted.js";

describe("Fastify [H1]", () => {
  it.each(["", "/internal"])("as a route, below %j", (base) =>
    expectMounted(
      withConnection(async (nc) => {
        const app = fastify();
        const health = healthHandler(nc, { ...STRICT, base });
        app.get("/hello", () => "hello");
        for (const url of [`${base}/health`, `${base}/health/*`]) {
          app.get(url, (request, reply) => {
            reply.hijack();
            health(request.raw, reply.raw);
          });
        }
        return {
          url: await app.listen({ port: 0, host: "127.0.0.1" }),
          [Symbol.asyncDispose]: () => app.close(),
        };
      }),
      { base },
    ),
  );
});
