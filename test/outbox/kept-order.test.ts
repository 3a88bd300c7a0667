import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect } from "../../src/index.js";
import type { DiskOutbox } from "../../src/outbox/disk-outbox.js";
import { expectBalanced } from "../support/books.js";
import { publishNumbers } from "../support/publisher.js";
import { until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

let world: OutboxWorld;
beforeEach(async () => {
  world = await OutboxWorld.make();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

/** From now on nothing is confirmed. */
function withhold(): void {
  world.proxy.addToxic({ type: "delay_pong", delay: 60_000, name: "withheld" });
}

/** Another connection, of whose messages nothing is confirmed either. */
async function reconnected(outbox: DiskOutbox): Promise<Connection> {
  world.proxy.toxic("withheld")?.remove();
  const nc = await world.connect(outbox);
  withhold();
  return nc;
}

/** Published by way of the disk, and on the wire. */
async function durable(nc: Connection, outbox: DiskOutbox, text: string): Promise<void> {
  await nc.publishDurable("n", text);
  await until(() => !outbox.engaged, `${text} on the wire`);
}

/** What the next process sends, all of it. */
async function sentByTheNext(outbox: DiskOutbox): Promise<string[]> {
  await outbox.close();
  await world.proxy.up();
  world.proxy.toxic("withheld")?.remove();
  const receiver = world.cleanup.use(await connect({ servers: world.server.url }));
  const sent: string[] = [];
  receiver.subscribe("n", { callback: (_, msg) => sent.push(msg.string()) });
  await receiver.flush();
  const next = await world.open();
  const nc = await world.connect(next);
  await next.empty({ timeout: 10_000 });
  await receiver.flush();
  expectOutboxBalanced(next);
  expectBalanced(nc);
  return sent;
}

const numbers = (end: number) => Array.from({ length: end }, (_, i) => String(i));

describe("the next process sends in the order of the calls", () => {
  it("what was stored, and what was published in between", async () => {
    const outbox = await world.open();
    const nc = await world.connect(outbox);
    withhold();
    nc.publish("n", "0");
    await durable(nc, outbox, "1");
    nc.publish("n", "2");
    await durable(nc, outbox, "3");
    await durable(nc, outbox, "4");
    publishNumbers(nc, "n", 5, 8);
    await nc.close({ timeout: 20 });
    expectOutboxBalanced(outbox);
    expect(outbox.stats().messages).toBe(8);
    expect(await sentByTheNext(outbox)).toEqual(numbers(8));
  });

  it("what was stored, what the buffer had room for in an outage, and what it had none for", async () => {
    const outbox = await world.open();
    const nc = await world.connect(outbox, { reconnectBufSize: 200 });
    withhold();
    await durable(nc, outbox, "0");
    nc.publish("n", "1");
    await world.cut(nc);
    publishNumbers(nc, "n", 2, 40);
    expect(outbox.engaged).toBe(true);
    await nc.close({ timeout: 20 });
    expect(await sentByTheNext(outbox)).toEqual(numbers(40));
  });

  it("also when its own connection ends in the same way", async () => {
    const first = await world.open();
    const nc = await world.connect(first);
    withhold();
    await durable(nc, first, "0");
    nc.publish("n", "1");
    await durable(nc, first, "2");
    await nc.close({ timeout: 20 });
    const again = await reconnected(first);
    await until(() => !first.engaged, "all of it on the wire");
    again.publish("n", "3");
    await durable(again, first, "4");
    again.publish("n", "5");
    await again.close({ timeout: 20 });
    await first.close();
    const second = await world.open();
    const third = await reconnected(second);
    await until(() => !second.engaged, "all of it on the wire again");
    third.publish("n", "6");
    await third.close({ timeout: 20 });
    expect(await sentByTheNext(second)).toEqual(numbers(7));
  });

  it("once, although the ttl of one that was on the way has passed", async () => {
    const outbox = await world.open();
    const nc = await world.connect(outbox);
    await world.cut(nc);
    // All is written, and nothing confirmed.
    nc.on("reconnect", withhold);
    const stored = ["0", "1", "2"].map((text) => nc.publishDurable("n", text));
    const began = performance.now();
    stored.push(nc.publishDurable("n", "x", { ttl: 500 }));
    await Promise.all(stored);
    await world.mend(nc);
    await until(() => !outbox.engaged, "all of it on the wire");
    nc.publish("n", "3");
    await until(() => performance.now() > began + 500, "the end of its time");
    await nc.close({ timeout: 20 });
    expect(await sentByTheNext(outbox)).toEqual(numbers(4));
    expectOutboxBalanced(outbox);
  });
});

it("what the outbox has already takes no room a second time", async () => {
  const outbox = await world.open({ maxBytes: 65_536 });
  const nc = await world.connect(outbox);
  withhold();
  for (let i = 0; i < 5; i++) await durable(nc, outbox, i + "x".repeat(9_000));
  nc.publish("n", "5");
  const errors: Error[] = [];
  outbox.on("error", (error) => errors.push(error));
  const lost: unknown[] = [];
  nc.on("messageLost", (messages) => lost.push(...messages));
  await nc.close({ timeout: 20 });
  expect(errors).toEqual([]);
  expect(lost).toEqual([]);
  expect((await sentByTheNext(outbox)).map((text) => text[0])).toEqual(numbers(6));
});
