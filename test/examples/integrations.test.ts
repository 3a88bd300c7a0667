import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { request } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Examples } from "../support/examples.js";
import { rejection } from "../support/until.js";
import { expectOrderService, http, httpUntil, post, urlOf } from "./integrations-http.js";

const NEST = ["common", "core", "microservices", "platform-express", "terminus"].map(
  (name) => `@nestjs/${name}`,
);
const PACKAGES = ["express", "fastify", ...NEST, "reflect-metadata", "rxjs"];

let examples: Examples;
beforeAll(async () => {
  examples = await Examples.make([...PACKAGES]);
}, 120_000);
afterAll(() => examples?.[Symbol.asyncDispose]());

describe("integrations", () => {
  it(
    "Express: takes orders, also in an outage, and ends in order",
    () => expectOrderService(examples, "integrations/express"),
    60_000,
  );

  it("Fastify: the same", () => expectOrderService(examples, "integrations/fastify"), 60_000);

  it(
    "NestJS: the same, over a transport and a health indicator of its own",
    () => expectOrderService(examples, "integrations/nest/main"),
    60_000,
  );

  it("NestJS: who asks from outside gets errors without secrets, events that fail are tried again, then kept", async () => {
    await using server = await NatsServer.start();
    const env = { PORT: "0" };
    await using example = examples.start("integrations/nest/main", { servers: server.url, env });
    const url = await urlOf(example);
    await httpUntil(`${url}/health/ready`, ({ status }) => status === 200);
    await using nc = await connect({ servers: server.url });
    const missing = await rejection(request(nc, "orders.get", { id: "none" }, { retry: false }));
    expect(missing).toMatchObject({ code: "SERVICE_ERROR", serviceCode: 404 });
    const failed = await rejection(request(nc, "orders.get", null, { retry: false }));
    expect(failed).toMatchObject({ code: "SERVICE_ERROR", serviceCode: 500 });
    expect(failed.message).toContain("Internal server error");
    expect(failed.message).not.toContain("null");

    const letters = nc.subscribe("dead.orders", { max: 1 });
    await nc.flush();
    nc.publish("orders.placed", JSON.stringify({ id: 1 }));
    for await (const { headers } of letters) {
      expect([headers?.get("Dead-Letter-Reason"), headers?.get("Dead-Letter-Attempts")]).toEqual([
        "HANDLER_FAILED",
        "3",
      ]);
    }
    example.signal("SIGTERM");
    await example.ended();
    expect(example.code).toBe(0);
  }, 60_000);

  it.each(["express", "fastify"])(
    "%s starts while NATS is away: live, not ready",
    async (name) => {
      await using server = await NatsServer.start();
      await server.kill();
      const env = { PORT: "0", NATS_RECONNECT_TIME_WAIT: "20ms" };
      await using example = examples.start(`integrations/${name}`, { servers: server.url, env });
      const url = await urlOf(example);
      expect([(await http(`${url}/livez`)).status, (await http(`${url}/readyz`)).status]).toEqual([200, 503]);
      expect((await http(`${url}/orders/any`)).status).toBe(503);
      expect((await post(`${url}/orders`, { item: "book", count: 1 })).status).toBe(202);
      await server.restart();
      await httpUntil(`${url}/readyz`, ({ status }) => status === 200);
      example.signal("SIGTERM");
      await example.ended();
      expect(example.code).toBe(0);
    },
    60_000,
  );
});
