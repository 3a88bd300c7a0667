import { afterEach, describe, expect, test } from "vitest";
import { connect } from "../../src/index.js";
import { consume, ensureConsumer, ensureStream } from "../../src/service/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { rejection, until } from "../support/until.js";
import { client, fill, ORDERS, SECOND, world } from "./consume-world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

describe("ensureStream", () => {
  test("makes it, leaves it alone when it is right, changes what differs, and nothing else", async () => {
    const { nc, jsm } = await world(cleanup);
    const made = await ensureStream(nc, { name: "s", subjects: ["s.>"] });
    expect(made.config).toMatchObject({ storage: "file", max_msgs: 100_000, max_bytes: 104_857_600 });
    await jsm.streams.update("s", { max_age: 600 * SECOND, description: "by hand" });
    const before = await jsm.streams.info("s");
    const same = await ensureStream(nc, { name: "s", subjects: ["s.>"] });
    expect(same.config).toEqual(before.config);
    const changed = await ensureStream(nc, { name: "s", subjects: ["t.>", "s.>"], max_msgs: 5 });
    expect(changed.config).toMatchObject({
      subjects: ["t.>", "s.>"],
      max_msgs: 5,
      description: "by hand",
      max_age: 600 * SECOND,
    });
    expect(changed.created).toBe(made.created);
  });

  test("names the field that cannot be changed, or that the server does not know", async () => {
    const { nc } = await world(cleanup);
    await ensureStream(nc, { name: "s", subjects: ["s.>"], deny_delete: true });
    expect(await rejection(ensureStream(nc, { name: "s", storage: "memory" }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "storage",
      message: expect.stringContaining('has "file", wanted is "memory"'),
    });
    expect(await rejection(ensureStream(nc, { name: "s", retention: "workqueue" }))).toMatchObject({
      option: "retention",
    });
    expect(await rejection(ensureStream(nc, { name: "s", deny_delete: false }))).toMatchObject({
      option: "deny_delete",
    });
    const misspelt = { name: "s", max_messages: 5 } as { name: string };
    expect(await rejection(ensureStream(nc, misspelt))).toMatchObject({
      code: "INVALID_OPTION",
      option: "max_messages",
      message: expect.stringContaining("unknown field"),
    });
    expect(await rejection(ensureStream(nc, { ...misspelt, name: "new" }))).toMatchObject({
      code: "INVALID_OPTION",
      option: "max_messages",
    });
    expect(await rejection(ensureStream(nc, { name: "a.b" }))).toMatchObject({ option: "name" });
  });

  test("says why it cannot be made", async () => {
    const { nc } = await world(cleanup);
    await ensureStream(nc, { name: "s", subjects: ["s.>"] });
    const error = await rejection(ensureStream(nc, { name: "t", subjects: ["s.a"] }));
    expect(error).toMatchObject({ code: "CONSUMER_FAILED", message: expect.stringContaining("overlap") });
    const server = cleanup.use(await NatsServer.start());
    const plain = cleanup.use(await connect({ servers: server.url }));
    expect(await rejection(ensureStream(plain, { name: "s" }, { timeout: 500 }))).toMatchObject({
      code: "CONSUMER_FAILED",
    });
  });

  test("two at the same time make one", async () => {
    const { nc } = await world(cleanup);
    const both = await Promise.all([1, 2].map(() => ensureStream(nc, { name: "s", subjects: ["s.>"] })));
    expect(both[0].created).toBe(both[1].created);
  });
});

describe("ensureConsumer", () => {
  test("makes it, leaves it alone when it is right, changes what differs", async () => {
    const { nc } = await world(cleanup);
    await ensureStream(nc, { name: "s", subjects: ["s.>"] });
    const made = await ensureConsumer(nc, "s", { durable_name: "d" });
    expect(made.config).toMatchObject({ ack_policy: "explicit", ack_wait: 30 * SECOND, max_deliver: -1 });
    const same = await ensureConsumer(nc, "s", { durable_name: "d", deliver_policy: "new" });
    expect(same.config).toEqual(made.config);
    const changed = await ensureConsumer(nc, "s", {
      durable_name: "d",
      ack_wait: SECOND,
      filter_subject: "s.a",
    });
    expect(changed.config).toMatchObject({ ack_wait: SECOND, filter_subject: "s.a", deliver_policy: "all" });
    expect(changed.created).toBe(made.created);
  });

  test("names the field that cannot be changed", async () => {
    const { nc } = await world(cleanup);
    await ensureStream(nc, { name: "s", subjects: ["s.>"] });
    await ensureConsumer(nc, "s", { durable_name: "d" });
    expect(await rejection(ensureConsumer(nc, "s", { durable_name: "d", ack_policy: "none" }))).toMatchObject(
      {
        code: "INVALID_OPTION",
        option: "ack_policy",
      },
    );
    expect(await rejection(ensureConsumer(nc, "none", { durable_name: "d" }))).toMatchObject({
      code: "CONSUMER_FAILED",
      cause: { code: 10059 },
    });
  });
});

describe("consume() with what cannot be", () => {
  test("a stream that cannot be made is told once, and made when it can be", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    await jsm.streams.add({ name: "taken", subjects: ["orders.>"] });
    const seen: number[] = [];
    const consumption = await consume<number>(nc, ORDERS, (data) => {
      seen.push(data);
    });
    await until(() => errors.length > 0, "an error");
    expect(await rejection(consumption.ready({ timeout: 300 }))).toMatchObject({ code: "TIMEOUT" });
    expect(errors.map(({ code }) => code)).toEqual(["CONSUMER_FAILED"]);
    expect(errors[0].message).toContain("overlap");
    await jsm.streams.delete("taken");
    await consumption.ready();
    await fill(nc, 1, 1);
    await until(() => seen.length === 1, "a message");
  });

  test("a consumer that is something else is told with what is wrong", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    await jsm.streams.add({ name: "orders", subjects: ["orders.*"] });
    await jsm.consumers.add("orders", { durable_name: "worker", ack_policy: "none" });
    const consumption = await consume(nc, { ...ORDERS, ensure: false }, () => {});
    await until(() => errors.length > 0, "an error");
    expect(errors[0]).toMatchObject({
      code: "CONSUMER_FAILED",
      message: expect.stringContaining('ack_policy "none"'),
    });
    expect(consumption.facts().state).toBe("starting");
  });

  test("what cannot be changed is told with the option's name", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    await jsm.streams.add({ name: "orders", subjects: ["orders.*"], storage: "memory" });
    await consume(nc, { ...ORDERS, ensure: { stream: { storage: "file" } } }, () => {});
    await until(() => errors.length > 0, "an error");
    expect(errors[0]).toMatchObject({ code: "INVALID_OPTION", option: "ensure.stream.storage" });
  });

  test("a JetStream that is not there is waited for", async () => {
    const server = cleanup.use(await NatsServer.start());
    const { nc, errors } = await client(cleanup, { servers: server.url });
    const consumption = await consume(nc, { ...ORDERS, apiTimeout: 300 }, () => {});
    expect(consumption.state).toBe("starting");
    await until(() => consumption.facts().failing !== undefined, "failing");
    await until(() => errors.some(({ code }) => code === "CONSUMER_FAILED"), "CONSUMER_FAILED");
    await consumption.stop();
    expect(nc.components).toEqual([]);
  });
});
