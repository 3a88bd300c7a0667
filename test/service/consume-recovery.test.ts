import { afterEach, describe, expect, test } from "vitest";
import { consume } from "../../src/service/index.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { client, fill, numbers, ORDERS, range, SECOND, settled, unacked, world } from "./consume-world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

describe("consume(), when something is gone,", () => {
  test("goes on after its consumer was deleted, behind the last message that was done with", async () => {
    const { nc, jsm } = await world(cleanup);
    const { seen, consumption } = await numbers(nc);
    const recreated: unknown[] = [];
    consumption.on("recreated", (info) => recreated.push(info));
    await fill(nc, 1, 20);
    await until(() => seen.length === 20, "20 messages");
    await jsm.consumers.delete("orders", "worker");
    await fill(nc, 21, 40);
    await until(
      () => seen.length >= 40,
      () => `40 messages, not ${seen.length}`,
    );
    await settled(jsm, 40);
    expect(seen).toEqual(range(1, 40));
    expect(recreated).toEqual([{ what: "consumer", name: "worker" }]);
    expect(consumption.facts()).toMatchObject({ recreated: 1, recoveries: 1 });
  });

  test("a new consumer begins behind what other processes have done as well", async () => {
    const { server, nc, jsm } = await world(cleanup);
    const first = await numbers(nc);
    await fill(nc, 1, 20);
    await settled(jsm, 20);
    await first.consumption.stop();
    // It knows of no message, but of the floor.
    const second = await numbers((await client(cleanup, { servers: server.url })).nc);
    await jsm.consumers.delete("orders", "worker");
    await fill(nc, 21, 30);
    await until(
      () => second.seen.length >= 10,
      () => `10 messages, not ${second.seen.length}`,
    );
    await settled(jsm, 30);
    expect(second.seen).toEqual(range(21, 30));
  });

  test("what is still being handled of a stream that is gone answers nothing of the new one", async () => {
    const { nc, jsm } = await world(cleanup);
    const gates = new Map<number, () => void>();
    const consumption = await consume<number>(nc, { ...ORDERS, concurrency: 2 }, async (data) => {
      await new Promise<void>((resolve) => gates.set(data, resolve));
    });
    await consumption.ready();
    await fill(nc, 1, 1);
    await until(() => gates.has(1), "the old message");
    await jsm.streams.delete("orders");
    await until(() => consumption.facts().recreated === 2, "stream and consumer");
    await fill(nc, 2, 2);
    await until(() => gates.has(2), "the new one, with the same sequence");
    gates.get(1)?.();
    await until(() => consumption.facts().handled === 1, "the end of the old one");
    await nc.flush();
    await unacked(jsm, 1);
    expect(consumption.facts().acked).toBe(0);
    gates.get(2)?.();
    await settled(jsm, 1);
    expect(consumption.facts()).toMatchObject({ handled: 2, acked: 1 });
  });

  test("nor does it count as done with there", async () => {
    const { nc, jsm } = await world(cleanup);
    const gates = new Map<number, () => void>();
    const seen: number[] = [];
    const options = { ...ORDERS, concurrency: 2, backoff: { initial: 300 } };
    const consumption = await consume<number>(nc, options, async (data) => {
      seen.push(data);
      if (seen.filter((one) => one === data).length > 1) return;
      await new Promise<void>((resolve) => gates.set(data, resolve));
      if (data === 2) throw new Error("once");
    });
    await consumption.ready();
    await fill(nc, 1, 1);
    await until(() => gates.has(1), "the old message");
    await jsm.streams.delete("orders");
    await until(() => consumption.facts().recreated === 2, "stream and consumer");
    await fill(nc, 2, 2);
    await until(() => gates.has(2), "the new one, with the same sequence");
    gates.get(1)?.();
    await until(() => consumption.facts().handled === 1, "the end of the old one");
    gates.get(2)?.();
    await until(() => consumption.facts().retried === 1, "the failure of the new one");
    await jsm.consumers.delete("orders", "worker");
    await settled(jsm, 1);
    expect(seen).toEqual([1, 2, 2]);
  });

  test("consumes a stream that was deleted and made anew from its beginning", async () => {
    const { nc, jsm } = await world(cleanup);
    const { seen, consumption } = await numbers(nc);
    await fill(nc, 1, 20);
    await until(() => seen.length === 20, "20 messages");
    await jsm.streams.delete("orders");
    await until(() => consumption.facts().recreated === 2, "stream and consumer");
    await fill(nc, 101, 130);
    await until(
      () => seen.length >= 50,
      () => `50 messages, not ${seen.length}`,
    );
    expect(seen.slice(20)).toEqual(range(101, 130));
  });

  test("goes on after its server was killed and started again", async () => {
    const { server, nc, jsm } = await world(cleanup);
    // The server may not have kept the last acknowledgement.
    const ensure = { ...ORDERS.ensure, consumer: { ack_wait: SECOND } };
    const { seen, consumption } = await numbers(nc, { ensure });
    await fill(nc, 1, 20);
    await until(() => seen.length === 20, "20 messages");
    await server.kill();
    await until(() => consumption.state === "recovering", "recovering");
    const late = await consumption.ready({ timeout: 50 }).catch((error) => error);
    expect(late).toMatchObject({
      code: "TIMEOUT",
      message:
        'consumer "worker" of stream "orders" does not consume after 50 ms: there is no link to a server (the connection is reconnecting)',
    });
    await server.restart();
    await until(() => consumption.state === "consuming", "consuming");
    await fill(nc, 21, 40);
    await until(() => new Set(seen).size === 40, "40 messages");
    await settled(jsm, 40);
    expect(seen).toEqual(range(1, 40));
  });

  test("goes on after its server was frozen", async () => {
    const { server, nc } = await world(cleanup);
    const { seen, consumption } = await numbers(nc);
    await fill(nc, 1, 20);
    await until(() => seen.length === 20, "20 messages");
    await server.stop();
    await until(() => consumption.state === "recovering", "recovering");
    await server.cont();
    await until(() => consumption.state === "consuming", "consuming");
    await fill(nc, 21, 40);
    await until(() => seen.length >= 40, "40 messages");
    expect(seen).toEqual(range(1, 40));
  });

  test("tells once what is missing and may not be made, and goes on when it is there", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    const { seen, consumption } = await numbers(nc, { ensure: false });
    await until(() => errors.length > 0, "that it is told");
    const late = await consumption.ready({ timeout: 50 }).catch((error) => error);
    expect(late).toMatchObject({ code: "TIMEOUT", cause: { code: "CONSUMER_FAILED" } });
    await jsm.streams.add({ name: "orders", subjects: ["orders.*"] });
    await jsm.consumers.add("orders", { durable_name: "worker", ack_policy: "explicit" });
    await consumption.ready();
    await fill(nc, 1, 3);
    await until(() => seen.length === 3, "3 messages");
    expect(errors.map(({ code }) => code)).toEqual(["CONSUMER_FAILED"]);
  });
});
