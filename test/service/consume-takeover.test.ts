import { jetstream } from "@nats-io/jetstream";
import { afterEach, describe, expect, test, vi } from "vitest";
import { consume } from "../../src/service/index.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { client, fill, numbers, ORDERS, range, SECOND, settled, world } from "./consume-world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

describe("a consumer that was deleted", () => {
  test.each(["new", "last"] as const)(
    "and began with %s goes on, though nothing was acknowledged",
    async (policy) => {
      const { nc, jsm } = await world(cleanup);
      const seen: number[] = [];
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const ensure = { ...ORDERS.ensure, consumer: { deliver_policy: policy } };
      const consumption = await consume<number>(nc, { ...ORDERS, ensure, concurrency: 1 }, async (data) => {
        seen.push(data);
        await gate;
      });
      await consumption.ready();
      await fill(nc, 1, 60);
      await until(() => seen.length === 1, "the first");
      await jsm.consumers.delete("orders", "worker");
      await until(() => consumption.facts().recreated === 1, "a new consumer");
      release();
      await until(
        () => seen.length >= 60,
        () => `60 messages, not ${seen.length}`,
      );
      await settled(jsm, 60);
      expect(seen).toEqual(range(1, 60));
    },
  );

  test("of a work queue is made anew, and gets what is left", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    const ensure = { ...ORDERS.ensure, stream: { subjects: ["orders.*"], retention: "workqueue" as const } };
    const { seen, consumption } = await numbers(nc, { ensure });
    await fill(nc, 1, 5);
    await until(() => seen.length === 5, "5 messages");
    await jsm.consumers.delete("orders", "worker");
    await fill(nc, 6, 10);
    await until(
      () => seen.length >= 10,
      () => `10 messages, not ${seen.length}`,
    );
    expect(seen).toEqual(range(1, 10));
    expect(consumption.facts().recreated).toBe(1);
    expect(errors).toEqual([]);
  });

  test("is made as it was, whoever had made it", async () => {
    const { nc, jsm } = await world(cleanup);
    await jsm.streams.add({ name: "orders", subjects: ["orders.*"] });
    await jsm.consumers.add("orders", {
      durable_name: "worker",
      ack_policy: "explicit",
      filter_subject: "orders.new",
      ack_wait: 60 * SECOND,
      max_ack_pending: 7,
      metadata: { owner: "ops" },
    });
    const { seen, consumption } = await numbers(nc, { ensure: true });
    await fill(nc, 1, 3);
    await until(() => seen.length === 3, "3 messages");
    await jsm.consumers.delete("orders", "worker");
    await until(() => consumption.facts().recreated === 1, "a new consumer");
    await jetstream(nc).publish("orders.old", "0");
    await fill(nc, 4, 6);
    await until(() => seen.length >= 6, "6 messages");
    expect(seen).toEqual(range(1, 6));
    const { config } = await jsm.consumers.info("orders", "worker");
    expect(config).toMatchObject({
      filter_subject: "orders.new",
      ack_wait: 60 * SECOND,
      max_ack_pending: 7,
      metadata: { owner: "ops" },
    });
  });
});

test("what other processes did not finish comes alone at first, and then with others", async () => {
  const { server, nc, jsm } = await world(cleanup);
  await jsm.streams.add({ name: "orders", subjects: ["orders.*"] });
  await jsm.consumers.add("orders", { durable_name: "worker", ack_policy: "explicit", ack_wait: SECOND / 5 });
  await fill(nc, 1, 30);
  const other = await jetstream(nc).consumers.get("orders", "worker");
  for await (const _ of await other.fetch({ max_messages: 30, expires: 1_000 })) {
    // It ends without an answer.
  }
  const { nc: next } = await client(cleanup, { servers: server.url });
  const here: number[] = [];
  const seen = new Set<number>();
  const consumption = await consume<number>(
    next,
    { ...ORDERS, ensure: false, concurrency: 10 },
    async (data) => {
      if (here.length < 2) {
        await next.flush();
        const { inFlight = 0, waiting = 0 } = consumption.facts();
        here.push(inFlight + waiting);
      }
      seen.add(data);
    },
  );
  await until(() => seen.size === 30, "all");
  await settled(jsm, 30);
  expect(here[0]).toBe(1);
  expect(here[1]).toBeLessThanOrEqual(2);
});

test("pulls that the server refuses are told, with what it says", async () => {
  const { nc, jsm, errors } = await world(cleanup);
  await jsm.streams.add({ name: "orders", subjects: ["orders.*"] });
  await jsm.consumers.add("orders", {
    durable_name: "worker",
    ack_policy: "explicit",
    priority_groups: ["A"],
    priority_policy: "overflow",
  } as object);
  const { consumption } = await numbers(nc, { ensure: false });
  await until(() => errors.length > 0, "an error");
  expect(errors).toMatchObject([
    { code: "CONSUMER_FAILED", message: expect.stringContaining("Priority Group") },
  ]);
  expect(consumption.facts().failing).toContain("Priority Group");
});

test("a consumption that has stopped leaves nothing on its connection", async () => {
  const { nc } = await world(cleanup);
  const on = vi.spyOn(nc, "on");
  const off = vi.spyOn(nc, "off");
  const closed = vi.spyOn(nc, "closed");
  const { consumption } = await numbers(nc);
  await consumption.stop();
  const added = on.mock.calls.map(([event, listener]) => ({ event, listener }));
  const removed = off.mock.calls.map(([event, listener]) => ({ event, listener }));
  expect(added.length).toBeGreaterThan(0);
  expect(removed).toEqual(expect.arrayContaining(added));
  expect(closed).not.toHaveBeenCalled();
});
