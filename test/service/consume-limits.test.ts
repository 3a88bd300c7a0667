import { jetstream } from "@nats-io/jetstream";
import { afterEach, describe, expect, test } from "vitest";
import { type ConsumeOptions, consume } from "../../src/service/index.js";
import { FaultProxy } from "../../src/testing/fault-proxy.js";
import { NatsServer } from "../../src/testing/server.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { client, fill, numbers, ORDERS, range, SECOND, settled, unacked, world } from "./consume-world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

describe("acknowledgements", () => {
  test.each([false, true])(
    "one that is lost is repeated, and its message not handled again; confirmed: %s",
    async (confirmAcks) => {
      const { server, ...direct } = await world(cleanup);
      const proxy = cleanup.use(await FaultProxy.start({ target: server.url }));
      const { nc } = await client(cleanup, { servers: proxy.url });
      const seen: number[] = [];
      // Long enough for a busy machine to acknowledge the others in time.
      const ensure = { ...ORDERS.ensure, consumer: { ack_wait: SECOND } };
      const consumption = await consume<number>(nc, { ...ORDERS, ensure, confirmAcks }, async (data) => {
        seen.push(data);
        if (data !== 3) return;
        // Then the next thing that is published is the acknowledgement.
        await nc.flush();
        proxy.addToxic({ type: "drop_line", verb: "PUB", count: 1 });
      });
      await consumption.ready();
      await fill(direct.nc, 1, 5);
      await settled(direct.jsm, 5);
      expect(seen).toEqual(range(1, 5));
      const acked = confirmAcks ? 5 : 6;
      await until(
        () => consumption.facts().acked === acked,
        () => `not ${consumption.facts().acked} acknowledged`,
      );
      expect(consumption.facts()).toMatchObject({ handled: 5, redelivered: 1 });
    },
  );

  test("of a handler that answers by itself are its own", async () => {
    const { nc, jsm } = await world(cleanup);
    const seen: string[] = [];
    const consumption = await consume<number>(
      nc,
      { ...ORDERS, timeout: 0 },
      (data, { msg, deliveryCount }) => {
        seen.push(`${data}:${deliveryCount}`);
        if (data === 1 && deliveryCount === 1) msg.nak();
        if (data === 2) msg.term("not wanted");
        if (data === 3) {
          msg.ack();
          throw new Error("afterwards");
        }
      },
    );
    await consumption.ready();
    await fill(nc, 1, 4);
    await settled(jsm, 4);
    expect(seen.sort()).toEqual(["1:1", "1:2", "2:1", "3:1", "4:1"]);
    expect(consumption.facts()).toMatchObject({
      acked: 3,
      naked: 1,
      termed: 1,
      failed: 1,
      retried: 0,
      discarded: 0,
    });
  });
});

describe("dead letters", () => {
  test("that may not be published leave their messages where they are, and the others go on", async () => {
    const server = cleanup.use(
      await NatsServer.start({
        jetstream: true,
        config: `authorization { users: [
          { user: limited, password: p, permissions: { publish: { deny: "dead.>" } } }
          { user: all, password: p }
        ] }`,
      }),
    );
    const all = await client(cleanup, { servers: server.url, user: "all", pass: "p" });
    await all.jsm.streams.add({ name: "dead", subjects: ["dead.>"] });
    const { nc, errors } = await client(cleanup, { servers: server.url, user: "limited", pass: "p" });
    const consumption = await consume<number>(
      nc,
      { ...ORDERS, maxDeliver: 1, deadLetter: "dead.orders" },
      (data) => {
        if (data === 2) throw new Error("two");
      },
    );
    await consumption.ready();
    await fill(all.nc, 1, 5);
    await until(() => consumption.facts().handled === 4, "the others");
    await until(() => errors.some(({ code }) => code === "DEAD_LETTER_FAILED"), "DEAD_LETTER_FAILED");
    const failed = errors.find(({ code }) => code === "DEAD_LETTER_FAILED");
    expect(failed).toMatchObject({ subject: "dead.orders", cause: { code: "PERMISSIONS_VIOLATION" } });
    await unacked(all.jsm, 1);
    expect(consumption.facts()).toMatchObject({ discarded: 0, deadLettered: 0, state: "consuming" });
  });

  test("go to the stream that is named, or nowhere", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    await jsm.streams.add({ name: "other", subjects: ["dead.>"] });
    const consumption = await consume<number>(
      nc,
      { ...ORDERS, maxDeliver: 1, deadLetter: { subject: "dead.orders", stream: "dead" } },
      () => {
        throw new Error("no");
      },
    );
    await consumption.ready();
    await fill(nc, 1, 1);
    await until(() => errors.some(({ code }) => code === "DEAD_LETTER_FAILED"), "DEAD_LETTER_FAILED");
    expect((await jsm.streams.info("other")).state.messages).toBe(0);
  });

  test("have a stream that is made for them, and made again", async () => {
    const { nc, jsm } = await world(cleanup);
    const options: ConsumeOptions<number> = {
      ...ORDERS,
      maxDeliver: 1,
      deadLetter: { subject: "dead.orders", stream: "dead", ensure: { max_msgs: 500 } },
    };
    const consumption = await consume<number>(nc, options, () => {
      throw new Error("no");
    });
    await consumption.ready();
    await fill(nc, 1, 1);
    await until(() => consumption.facts().deadLettered === 1, "one");
    const { config, state } = await jsm.streams.info("dead");
    expect(config).toMatchObject({
      max_msgs: 500,
      subjects: ["dead.orders"],
      duplicate_window: 3600 * SECOND,
    });
    expect(state.messages).toBe(1);
    await jsm.streams.delete("dead");
    await fill(nc, 2, 2);
    await until(() => consumption.facts().deadLettered === 2, "another one");
    expect((await jsm.streams.info("dead")).state.messages).toBe(1);
  });

  test("that come to their own consumer do not go round", async () => {
    const { nc, jsm } = await world(cleanup);
    const consumption = await consume<number>(
      nc,
      { ...ORDERS, maxDeliver: 1, deadLetter: "orders.dead" },
      () => {
        throw new Error("no");
      },
    );
    await consumption.ready();
    await fill(nc, 1, 1);
    await settled(jsm, 2);
    expect((await jsm.streams.info("orders")).state.messages).toBe(2);
    expect(consumption.facts()).toMatchObject({ deadLettered: 1, discarded: 1 });
  });

  test("are stored once, though two processes give the message up", async () => {
    const { server, nc, jsm } = await world(cleanup);
    await jsm.streams.add({ name: "dead", subjects: ["dead.>"] });
    const other = await client(cleanup, { servers: server.url });
    const options = { ...ORDERS, maxDeliver: 1, deadLetter: "dead.orders" };
    const fail = () => {
      throw new Error("no");
    };
    const first = await consume<number>(nc, options, fail);
    await first.ready();
    await fill(nc, 1, 3);
    await until(() => first.facts().deadLettered === 3, "three");
    await first.stop();
    await jsm.consumers.delete("orders", "worker");
    const second = await consume<number>(other.nc, options, fail);
    await until(() => second.facts().deadLettered === 3, "three again");
    expect((await jsm.streams.info("dead")).state.messages).toBe(3);
  });
});

describe("a consumer with a max_deliver of its own", () => {
  test("has its messages given up at their last delivery", async () => {
    const { nc, jsm } = await world(cleanup);
    await jsm.streams.add({ name: "dead", subjects: ["dead.>"] });
    const ensure = { ...ORDERS.ensure, consumer: { max_deliver: 2 } };
    const tries: number[] = [];
    const options = { ...ORDERS, ensure, deadLetter: "dead.orders", backoff: { initial: 1 } };
    const consumption = await consume<number>(nc, options, (_, { attempt }) => {
      tries.push(attempt);
      throw new Error("no");
    });
    await consumption.ready();
    await fill(nc, 1, 1);
    await until(() => consumption.facts().deadLettered === 1, "the dead letter");
    expect(tries).toEqual([1, 2]);
    const letter = await jsm.streams.getMessage("dead", { seq: 1 });
    expect(letter?.header.get("Dead-Letter-Attempts")).toBe("2");
    expect(letter?.header.get("Dead-Letter-Error")).toContain("failed: no");
  });

  test("tells of those whose process has ended at the last one, and they are stored", async () => {
    const { server, nc, jsm } = await world(cleanup);
    await jsm.streams.add({ name: "dead", subjects: ["dead.>"] });
    const ensure = { ...ORDERS.ensure, consumer: { max_deliver: 1, ack_wait: 60 * SECOND } };
    const { consumption } = await numbers(nc, { ensure, deadLetter: "dead.orders" });
    // Somebody else has got it, and never answers.
    await consumption.stop();
    const other = await client(cleanup, { servers: server.url });
    await fill(other.nc, 1, 1);
    const lost = await jetstream(other.nc).consumers.get("orders", "worker");
    expect((await lost.next())?.seq).toBe(1);
    const next = await numbers(nc, { ensure, deadLetter: "dead.orders" });
    // The server tells of it once: whoever is not there yet does not hear of it.
    await jsm.consumers.update("orders", "worker", { ack_wait: SECOND / 100 });
    await until(() => next.consumption.facts().deadLettered === 1, "the dead letter");
    expect(next.seen).toEqual([]);
    const letter = await jsm.streams.getMessage("dead", { seq: 1 });
    expect(letter?.header.get("Dead-Letter-Sequence")).toBe("1");
    expect(new TextDecoder().decode(letter?.data)).toBe("1");
  });
});

test("a message that was delivered again and again without a result is given up unhandled", async () => {
  const { nc, jsm, errors } = await world(cleanup);
  const first = await numbers(nc);
  await first.consumption.stop();
  await fill(nc, 1, 1);
  const pulled = await jetstream(nc).consumers.get("orders", "worker");
  for (let count = 1; count <= 21; count++) {
    const msg = await pulled.next();
    expect([msg?.seq, msg?.info.deliveryCount]).toEqual([1, count]);
    msg?.nak();
  }
  await fill(nc, 2, 2);
  const { seen, consumption } = await numbers(nc, { maxDeliver: 1 });
  await settled(jsm, 2);
  expect(seen).toEqual([2]);
  expect(consumption.facts()).toMatchObject({ discarded: 1, handled: 1 });
  expect(errors[0].message).toContain("22 times without a result");
});

test("what is fetched is bounded by what there is room for", async () => {
  const { nc, jsm } = await world(cleanup);
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const consumption = await consume<number>(nc, { ...ORDERS, concurrency: 3, prefetch: 4 }, () => gate);
  await consumption.ready();
  await fill(nc, 1, 50);
  await until(() => consumption.facts().inFlight === 3 && consumption.facts().waiting === 4, "all places");
  const info = await jsm.consumers.info("orders", "worker");
  expect(info.num_ack_pending).toBe(7);
  expect(info.num_pending).toBe(43);
  release();
  await settled(jsm, 50);
});

test("several processes share a consumer: each message is handled by one of them", async () => {
  const { server, nc, jsm } = await world(cleanup);
  const first = await numbers(nc);
  const second = await numbers((await client(cleanup, { servers: server.url })).nc);
  await fill(nc, 1, 100);
  await settled(jsm, 100);
  expect(first.seen.length).toBeGreaterThan(0);
  expect(second.seen.length).toBeGreaterThan(0);
  expect([...first.seen, ...second.seen].sort((a, b) => a - b)).toEqual(range(1, 100));
});
