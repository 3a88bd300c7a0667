import { describe, expect, it, vi } from "vitest";
import { connect } from "../../src/index.js";
import { healthHandler } from "../../src/observe/health/handler.js";
import { NatsServer } from "../../src/testing/server.js";
import { until } from "../support/until.js";
import { askJson, Hosted } from "./ask.js";

const DROPPING = "a subscription is too slow and drops messages";

describe("readiness of consumers [H1]", () => {
  it.each(["drop-newest", "drop-oldest"] as const)(
    "%s: not ready while messages are dropped, ready again when half of what waited is done",
    async (policy) => {
      await using server = await NatsServer.start();
      await using nc = await connect({ servers: server.url, pendingLimit: { messages: 10, policy } });
      await using consumer = await Hosted.start(healthHandler(nc, { readiness: { mode: "consumer" } }));
      await using publisher = await Hosted.start(healthHandler(nc));
      const subscription = nc.subscribe("a");
      const publish = async (count: number) => {
        for (let i = 0; i < count; i++) nc.publish("a");
        await nc.flush();
      };
      await publish(10);
      await until(() => subscription.getPending() === 10, "messages");
      expect((await askJson(consumer.url, "/health/ready")).status).toBe(200);
      await publish(1);
      await until(() => subscription.getDropped() === 1, "a message dropped");
      const { status, body } = await askJson(consumer.url, "/health/ready");
      expect({ status, reason: body.reason }).toEqual({ status: 503, reason: DROPPING });
      expect(body.cause).toBeUndefined();
      expect((await askJson(publisher.url, "/health/ready")).status).toBe(200);

      const messages = subscription[Symbol.asyncIterator]();
      for (let i = 0; i < 4; i++) await messages.next();
      expect((await askJson(consumer.url, "/health/ready")).status).toBe(503);
      await messages.next();
      expect((await askJson(consumer.url, "/health/ready")).status).toBe(200);

      await publish(6);
      await until(() => subscription.getDropped() === 2, "another one dropped");
      expect((await askJson(consumer.url, "/health/ready")).status).toBe(503);
      subscription.unsubscribe();
      expect((await askJson(consumer.url, "/health/ready")).status).toBe(200);
    },
  );

  it("a subscription that only has much to do (option slow) is no reason", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    await using http = await Hosted.start(healthHandler(nc, { readiness: { mode: "consumer" } }));
    let told = 0;
    nc.on("slowConsumer", () => told++);
    nc.subscribe("a", { slow: 5 });
    for (let i = 0; i < 20; i++) nc.publish("a");
    await until(() => told === 1, "the event");
    expect((await askJson(http.url, "/health/ready")).status).toBe(200);
  });

  it("one listener, however many handlers", async () => {
    await using server = await NatsServer.start();
    await using nc = await connect({ servers: server.url });
    const on = vi.spyOn(nc, "on");
    for (let i = 0; i < 100; i++) healthHandler(nc, { readiness: { mode: "consumer" } });
    expect(on.mock.calls.map(([event]) => event)).toEqual(["slowConsumer"]);
  });
});
