import { jetstreamManager } from "@nats-io/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type NatsConnection } from "../../src/index.js";
import { publishNumbers } from "../support/publisher.js";
import { until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

let world: OutboxWorld;
let watcher: Connection;
beforeEach(async () => {
  world = await OutboxWorld.make({ jetstream: true });
  watcher = world.cleanup.use(await connect({ servers: world.server.url, reconnectTimeWait: 5 }));
  const jsm = await jetstreamManager(watcher as NatsConnection);
  await jsm.streams.add({ name: "S", subjects: ["s.>"] });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

/** What the stream holds, in order. */
async function inStream(): Promise<{ numbers: number[]; withoutId: number }> {
  const jsm = await jetstreamManager(watcher as NatsConnection);
  const { state } = await jsm.streams.info("S");
  const numbers: number[] = [];
  let withoutId = 0;
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
    const message = await jsm.streams.getMessage("S", { seq });
    if (message === null) continue;
    numbers.push(Number(message.string()));
    if (!message.header.has("Nats-Msg-Id")) withoutId++;
  }
  return { numbers, withoutId };
}

/** Counts bodies that are written. */
function countWrites(): { bodies: number } {
  const writes = { bodies: 0 };
  world.store.beforeCommit = ({ put }) => {
    writes.bodies += put.filter(({ body }) => body !== undefined && body.length > 0).length;
  };
  return writes;
}

const numbers = (end: number) => Array.from({ length: end }, (_, i) => i);

describe('a stream as the target in mode "overflow"', () => {
  it("has all that is published, in order, with message ids, whichever way it went", async () => {
    const outbox = await world.open({ stream: "S", window: 16 });
    const nc = await world.connect(outbox);
    for (let i = 0; i < 400; i++) {
      if (i % 10 === 0) await nc.publishDurable("s.a", String(i));
      else nc.publish("s.a", String(i));
      expect(outbox.engaged).toBe(true);
    }
    await outbox.empty({ timeout: 20_000 });
    expect(outbox.engaged).toBe(true);
    expect(await inStream()).toEqual({ numbers: numbers(400), withoutId: 0 });
    expect(nc.stats()).toMatchObject({ overflowed: 360 });
    expectOutboxBalanced(outbox);
  });

  it("gets it from memory, as long as it takes it", async () => {
    const outbox = await world.open({ stream: "S" });
    const nc = await world.connect(outbox);
    const writes = countWrites();
    let quick = 0;
    for (let i = 0; i < 500; i += 50) {
      // It has nothing to do, and does not look by itself.
      await nc.flush();
      const [began, before] = [performance.now(), writes.bodies];
      publishNumbers(nc, "s.a", i, i + 50);
      await outbox.empty({ timeout: 20_000 });
      // What a busy machine does not acknowledge for half a second goes to disk, rightly.
      if (performance.now() - began > 400) continue;
      quick++;
      expect(writes.bodies).toBe(before);
    }
    expect(quick).toBeGreaterThan(0);
    expect(outbox.stats()).toMatchObject({ stored: 500, confirmed: 500, memoryBytes: 0, bytes: 0 });
    expect(await inStream()).toEqual({ numbers: numbers(500), withoutId: 0 });
  });

  it("finds on disk what it has not acknowledged when the link dies, and has it once", async () => {
    const outbox = await world.open({ stream: "S" });
    const nc = await world.connect(outbox);
    publishNumbers(nc, "s.a", 0, 10);
    await outbox.empty({ timeout: 20_000 });
    const lost = world.proxy.addToxic({ type: "drop_line", verb: "MSG", stream: "downstream" });
    publishNumbers(nc, "s.a", 10, 20);
    await until(() => lost.injected > 0, "an acknowledgement that gets lost");
    await world.cut(nc);
    publishNumbers(nc, "s.a", 20, 30);
    await until(() => outbox.stats().memoryBytes === 0, "all of it on disk");
    const left = world.store.copy();
    lost.remove();
    await world.mend(nc);
    await outbox.empty({ timeout: 20_000 });
    expect((await inStream()).numbers).toEqual(numbers(30));
    expectOutboxBalanced(outbox);
    await nc.close();
    // What a process that was killed in the outage leaves.
    const next = await world.open({ stream: "S", store: left });
    expect(next.stats().recovered).toBe(20);
    await world.connect(next);
    await next.empty({ timeout: 20_000 });
    expect((await inStream()).numbers).toEqual(numbers(30));
  });

  it("has what the connection's end left, from the next one", async () => {
    const outbox = await world.open({ stream: "S" });
    const nc = await world.connect(outbox);
    const lost = world.proxy.addToxic({ type: "drop_line", verb: "MSG", stream: "downstream" });
    publishNumbers(nc, "s.a", 0, 10);
    await until(() => lost.injected > 0, "an acknowledgement that gets lost");
    await nc.close();
    expect(outbox.stats()).toMatchObject({ messages: 10, memoryBytes: 0 });
    lost.remove();
    const again = await world.connect(outbox);
    publishNumbers(again, "s.a", 10, 20);
    await outbox.empty({ timeout: 20_000 });
    expect(await inStream()).toEqual({ numbers: numbers(20), withoutId: 0 });
    expectOutboxBalanced(outbox);
  });

  it("finds on disk what it does not acknowledge, long before that counts as a failure", async () => {
    const jsm = await jetstreamManager(watcher as NatsConnection);
    await jsm.streams.add({ name: "SILENT", subjects: ["silent"], no_ack: true });
    const outbox = await world.open({ stream: "SILENT" });
    const nc = await world.connect(outbox);
    publishNumbers(nc, "silent", 0, 10);
    await until(() => outbox.stats().memoryBytes === 0, "all of it on disk", 20_000);
    expect(outbox.facts().failing).toBeUndefined();
    const left = await world.open({ stream: "SILENT", store: world.store.copy() });
    expect(left.stats().recovered).toBe(10);
    expectOutboxBalanced(outbox);
    await nc.close({ timeout: 1 });
  });

  it("is waited for on disk while it is not there", async () => {
    const jsm = await jetstreamManager(watcher as NatsConnection);
    await jsm.streams.delete("S");
    const outbox = await world.open({ stream: "S" });
    const nc = await world.connect(outbox);
    publishNumbers(nc, "s.a", 0, 10);
    await until(() => outbox.stats().memoryBytes === 0, "all of it on disk", 20_000);
    expect(outbox.stats().messages).toBe(10);
    await jsm.streams.add({ name: "S", subjects: ["s.>"] });
    await outbox.empty({ timeout: 20_000 });
    expect((await inStream()).numbers).toEqual(numbers(10));
  });
});
