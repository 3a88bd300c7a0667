import { jetstream } from "@nats-io/jetstream";
import { afterEach, describe, expect, test } from "vitest";
import { type ConsumeOptions, consume, UnrecoverableError } from "../../src/service/index.js";
import { Cleanup } from "../support/cleanup.js";
import { until } from "../support/until.js";
import { client, fill, numbers, ORDERS, range, SECOND, settled, unacked, world } from "./consume-world.js";

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup[Symbol.asyncDispose]();
  cleanup = new Cleanup();
});

describe("consume", () => {
  test("makes stream and consumer, handles in order, acknowledges each once", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    const { seen, consumption } = await numbers(nc);
    await fill(nc, 1, 50);
    await until(
      () => seen.length === 50,
      () => `50 messages, not ${seen.length}`,
    );
    expect(seen).toEqual(range(1, 50));
    await settled(jsm, 50);
    expect(consumption.facts()).toMatchObject({
      acked: 50,
      handled: 50,
      redelivered: 0,
      state: "consuming",
      recoveries: 0,
    });
    const { config } = await jsm.streams.info("orders");
    expect(config).toMatchObject({ max_msgs: 100_000, max_bytes: 104_857_600, retention: "limits" });
    expect(errors).toEqual([]);
  });

  test("puts exactly the poisoned messages where dead letters go", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    await jsm.streams.add({ name: "dead", subjects: ["dead.>"] });
    const tries = new Map<number, number>();
    const consumption = await consume<number>(
      nc,
      {
        ...ORDERS,
        maxDeliver: 3,
        backoff: { initial: 10, max: 20 },
        deadLetter: { subject: "dead.orders", stream: "dead" },
      },
      (data) => {
        tries.set(data, (tries.get(data) ?? 0) + 1);
        if (data === 5) throw new Error("five");
        if (data === 6 && tries.get(6) === 1) throw new Error("once");
        if (data === 7) throw new UnrecoverableError("seven");
      },
    );
    await consumption.ready();
    await fill(nc, 1, 9);
    await jetstream(nc).publish("orders.new", "{no json");
    await settled(jsm, 10);
    const { state } = await jsm.streams.info("dead");
    expect(state.messages).toBe(3);
    const letters = [];
    for (const seq of [1, 2, 3]) letters.push((await jsm.streams.getMessage("dead", { seq }))!);
    letters.sort((a, b) =>
      a.header.get("Dead-Letter-Sequence").localeCompare(b.header.get("Dead-Letter-Sequence")),
    );
    const facts = letters.map(({ header }) =>
      ["Sequence", "Reason", "Attempts", "Stream", "Consumer", "Subject"].map((name) =>
        header.get(`Dead-Letter-${name}`),
      ),
    );
    expect(facts).toEqual([
      ["10", "INVALID_MESSAGE", "1", "orders", "worker", "orders.new"],
      ["5", "HANDLER_FAILED", "3", "orders", "worker", "orders.new"],
      ["7", "HANDLER_FAILED", "1", "orders", "worker", "orders.new"],
    ]);
    expect(letters.map(({ data }) => new TextDecoder().decode(data))).toEqual(["{no json", "5", "7"]);
    expect(tries).toEqual(
      new Map([
        [1, 1],
        [2, 1],
        [3, 1],
        [4, 1],
        [5, 3],
        [6, 2],
        [7, 1],
        [8, 1],
        [9, 1],
      ]),
    );
    expect(consumption.facts()).toMatchObject({
      handled: 7,
      deadLettered: 3,
      discarded: 0,
      termed: 3,
      acked: 7,
    });
    expect(errors.map(({ code }) => code).sort()).toEqual([
      "HANDLER_FAILED",
      "HANDLER_FAILED",
      "INVALID_MESSAGE",
    ]);
  });

  test("keeps a message whose dead letter cannot be stored, until it can", async () => {
    const { nc, jsm, errors } = await world(cleanup);
    let tries = 0;
    const consumption = await consume<number>(
      nc,
      {
        ...ORDERS,
        deadLetter: { subject: "dead.orders", stream: "dead" },
        backoff: { initial: 1, max: 100 },
      },
      (data) => {
        if (data !== 1) return;
        tries++;
        throw new UnrecoverableError("one");
      },
    );
    await consumption.ready();
    await fill(nc, 1, 5);
    await until(() => errors.some(({ code }) => code === "DEAD_LETTER_FAILED"), "DEAD_LETTER_FAILED");
    await until(() => consumption.facts().handled === 4, "the others");
    await unacked(jsm, 1);
    await jsm.streams.add({ name: "dead", subjects: ["dead.>"] });
    await settled(jsm, 5);
    expect((await jsm.streams.info("dead")).state.messages).toBe(1);
    expect(tries).toBe(1);
    expect(consumption.facts()).toMatchObject({ deadLettered: 1, discarded: 0 });
  });

  test("lets go of a handler that hangs, and keeps the server waiting for one that is slow", async () => {
    const { nc, jsm } = await world(cleanup);
    const seen: string[] = [];
    // Shorter than the slow one takes, and long enough for a busy machine to say in time that it is at work.
    const ensure = { ...ORDERS.ensure, consumer: { ack_wait: SECOND } };
    const consumption = await consume<number>(
      nc,
      { ...ORDERS, ensure, timeout: 1_500, concurrency: 2, backoff: { initial: 10 } },
      async (data, { deliveryCount }) => {
        seen.push(`${data}:${deliveryCount}`);
        if (data === 1 && deliveryCount === 1) await new Promise(() => {});
        if (data === 2) await new Promise((resolve) => setTimeout(resolve, 1_200));
      },
    );
    await consumption.ready();
    await fill(nc, 1, 3);
    await settled(jsm, 3);
    expect(seen.sort()).toEqual(["1:1", "1:2", "2:1", "3:1"]);
    expect(consumption.facts()).toMatchObject({ timedOut: 1, handled: 3, redelivered: 1 });
  });

  test("keeps the order of messages with the same key, also through failures", async () => {
    const { nc, jsm } = await world(cleanup);
    const seen: number[] = [];
    const failed = new Set<number>();
    const consumption = await consume<number>(
      nc,
      { ...ORDERS, concurrency: 8, key: (data) => String(data % 4), backoff: { initial: 20, max: 20 } },
      async (data) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        if (data % 5 === 0 && !failed.has(data)) {
          failed.add(data);
          throw new Error("once");
        }
        seen.push(data);
      },
    );
    await consumption.ready();
    await fill(nc, 1, 60);
    await settled(jsm, 60);
    for (const key of [0, 1, 2, 3]) {
      const mine = seen.filter((number) => number % 4 === key);
      expect(mine).toEqual(range(1, 60).filter((number) => number % 4 === key));
    }
    expect(consumption.facts()).toMatchObject({ handled: 60, retried: 12, redelivered: 0 });
  });

  test("stop() hands back what has not begun, and answers what has", async () => {
    const { nc, jsm } = await world(cleanup);
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const seen: number[] = [];
    const consumption = await consume<number>(
      nc,
      { ...ORDERS, concurrency: 2, prefetch: 10 },
      async (data) => {
        seen.push(data);
        await gate;
      },
    );
    await consumption.ready();
    await fill(nc, 1, 30);
    await until(() => consumption.facts().waiting > 0 && seen.length === 2, "messages that wait");
    const stopped = consumption.stop();
    expect(consumption.state).toBe("stopping");
    release();
    await stopped;
    expect(consumption.state).toBe("stopped");
    expect(nc.components).toEqual([]);
    expect(seen).toEqual([1, 2]);
    const next = await numbers(nc);
    await until(
      () => next.seen.length === 28,
      () => `28 messages, not ${next.seen.length}`,
    );
    await settled(jsm, 30);
    expect(next.seen.sort((a, b) => a - b)).toEqual(range(3, 30));
  });

  test("stop() hands back what its handlers do not end in time", async () => {
    const { nc, jsm } = await world(cleanup);
    const reasons: unknown[] = [];
    const consumption = await consume<number>(nc, { ...ORDERS, timeout: 0 }, (_, { signal }) => {
      signal.addEventListener("abort", () => reasons.push((signal.reason as { code: string }).code));
      return new Promise(() => {});
    });
    await consumption.ready();
    await fill(nc, 1, 2);
    await until(() => consumption.facts().inFlight === 1 && consumption.facts().waiting === 1, "both");
    await consumption.stop({ timeout: 20 });
    expect(reasons).toEqual(["HANDLER_TIMEOUT"]);
    expect(consumption.facts()).toMatchObject({ inFlight: 0, waiting: 0, naked: 2, state: "stopped" });
    const next = await numbers(nc);
    await until(() => next.seen.length === 2, "both");
    await settled(jsm, 2);
  });

  test("with many messages in flight, a drain leaves none behind", async () => {
    const { server, nc } = await world(cleanup);
    const other = await client(cleanup, { servers: server.url });
    const handled: number[] = [];
    let drains = () => {};
    const draining = new Promise<void>((resolve) => {
      drains = resolve;
    });
    const consumption = await consume<number>(
      nc,
      { ...ORDERS, concurrency: 500, prefetch: 500 },
      async (data) => {
        await new Promise((resolve) => setTimeout(resolve, 20 + (data % 50)));
        // Else all may be done before the drain, where it takes long to publish them.
        if (data > 200) await draining;
        handled.push(data);
      },
    );
    await consumption.ready();
    const js = jetstream(other.nc);
    await Promise.all(range(1, 2000).map((number) => js.publish("orders.new", JSON.stringify(number))));
    const held = () => consumption.facts().inFlight + consumption.facts().waiting;
    await until(() => handled.length > 100 && held() > 100, "some");
    const drained = nc.drain();
    drains();
    await drained;
    const next = await numbers(other.nc, { concurrency: 100 });
    const all = () => new Set([...handled, ...next.seen]).size;
    await until(
      () => all() === 2000,
      () => `2000 messages, not ${all()}`,
      20_000,
    );
    expect(handled.length + next.seen.length).toBe(2000);
  });

  test("nc.drain() stops it: what was not begun comes at once to the next one", async () => {
    const { server, nc } = await world(cleanup);
    const other = await client(cleanup, { servers: server.url });
    const seen: number[] = [];
    const consumption = await consume<number>(nc, { ...ORDERS, concurrency: 2 }, async (data) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(data);
    });
    await consumption.ready();
    await fill(other.nc, 1, 100);
    await until(() => seen.length > 5, "some");
    await nc.drain();
    expect(consumption.state).toBe("stopped");
    const next = await numbers(other.nc);
    await until(() => new Set([...seen, ...next.seen]).size === 100, "all");
    expect([...seen, ...next.seen].sort((a, b) => a - b)).toEqual(range(1, 100));
  });

  test("refuses wrong options", async () => {
    const { nc } = await world(cleanup);
    const wrong = async (options: object) =>
      (await consume(nc, options as ConsumeOptions, () => {}).catch((error) => error)) as Error & {
        code: string;
        option: string;
      };
    expect(await wrong({ stream: "a b", durable: "d" })).toMatchObject({
      code: "INVALID_OPTION",
      option: "stream",
    });
    expect(await wrong({ stream: "a" })).toMatchObject({ code: "INVALID_OPTION", option: "durable" });
    expect(await wrong({ stream: "a", durable: "d", maxDelivery: 3 })).toMatchObject({
      code: "INVALID_OPTION",
      option: "maxDelivery",
      message: expect.stringContaining("maxDeliver"),
    });
    expect(
      await wrong({ stream: "a", durable: "d", deadLetter: { subject: "x", ensure: true } }),
    ).toMatchObject({
      option: "deadLetter.stream",
    });
  });
});
