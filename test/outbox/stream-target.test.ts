import { jetstreamManager } from "@nats-io/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, headers, type NatsConnection } from "../../src/index.js";
import type { MemoryStore } from "../../src/outbox/store/memory-store.js";
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
async function stored(): Promise<number[]> {
  const jsm = await jetstreamManager(watcher as NatsConnection);
  const { state } = await jsm.streams.info("S");
  const found: number[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
    const message = await jsm.streams.getMessage("S", { seq });
    if (message !== null) found.push(Number(message.string()));
  }
  return found;
}

const numbers = (end: number) => Array.from({ length: end }, (_, i) => i);

describe("a stream as the target", () => {
  it("has everything once, in order, with a message id", async () => {
    const outbox = await world.open({ mode: "always", stream: "S" });
    const nc = await world.connect(outbox);
    publishNumbers(nc, "s.a", 0, 300);
    await outbox.empty({ timeout: 10_000 });
    expect(await stored()).toEqual(numbers(300));
    const jsm = await jetstreamManager(watcher as NatsConnection);
    const first = await jsm.streams.getMessage("S", { seq: 1 });
    expect(first?.header.get("Nats-Msg-Id")).toContain(outbox.id);
    expect(nc.components.map((component) => component.facts().kind)).toEqual(["outbox"]);
    expectOutboxBalanced(outbox);
  });

  it("has everything once, although the process dies between the acknowledgements and the deletion", async () => {
    const outbox = await world.open({ mode: "always", stream: "S" });
    const nc = await world.connect(outbox);
    // A copy of what is on disk just before the first deletion is what a killed process leaves.
    let left: MemoryStore | undefined;
    world.store.beforeCommit = ({ remove }) => {
      if (remove.length > 0) left ??= world.store.copy();
    };
    for (let i = 0; i < 200; i++) nc.publish("s.a", String(i));
    await outbox.empty({ timeout: 10_000 });
    await nc.close();
    await outbox.close();
    const next = await world.open({ mode: "always", stream: "S", store: left });
    const { recovered } = next.stats();
    expect(recovered).toBeGreaterThan(0);
    const again = await world.connect(next);
    again.publish("s.a", "200");
    await next.empty({ timeout: 10_000 });
    expect(await stored()).toEqual(numbers(201));
    expect(next.stats()).toMatchObject({ recovered, stored: 1, confirmed: recovered + 1 });
    expect(again.stats().recovered).toBe(recovered);
  });

  it("has everything once, when acknowledgements get lost with the link again and again", async () => {
    const outbox = await world.open({ mode: "always", stream: "S", window: 32 });
    const nc = await world.connect(outbox);
    for (let round = 0; round < 5; round++) {
      const toxic = world.proxy.addToxic({ type: "drop_line", verb: "MSG", count: 20, stream: "downstream" });
      publishNumbers(nc, "s.a", round * 100, round * 100 + 100);
      await until(() => toxic.injected > 0, "a lost acknowledgement");
      await world.cut(nc);
      toxic.remove();
      await world.mend(nc);
    }
    await outbox.empty({ timeout: 20_000 });
    expect(await stored()).toEqual(numbers(500));
    expectOutboxBalanced(outbox);
  });

  it("leaves a message id of the message's own alone, and parks what is not for the stream", async () => {
    const outbox = await world.open({ mode: "always", stream: "S" });
    const parked: string[] = [];
    outbox.on("parked", ({ subject }) => parked.push(subject));
    const nc = await world.connect(outbox);
    const hdrs = headers();
    hdrs.set("Nats-Msg-Id", "mine");
    await nc.publishDurable("s.a", "0", { headers: hdrs });
    await nc.publishDurable("other", "x");
    await nc.publishDurable("s.a", "1");
    await nc.publishDurable("s.a", "0", { headers: hdrs });
    await outbox.empty({ timeout: 20_000 });
    expect(await stored()).toEqual([0, 1]);
    const jsm = await jetstreamManager(watcher as NatsConnection);
    expect((await jsm.streams.getMessage("S", { seq: 1 }))?.header.get("Nats-Msg-Id")).toBe("mine");
    expect(parked).toEqual(["other"]);
    expect(outbox.stats()).toMatchObject({ refused: 1, parked: 1, messages: 0, confirmed: 3 });
    expectOutboxBalanced(outbox);
  });

  it("tells once of what is older than the stream's duplicate window, and sends it", async () => {
    const jsm = await jetstreamManager(watcher as NatsConnection);
    await jsm.streams.add({ name: "T", subjects: ["t"], duplicate_window: 100_000_000 });
    const outbox = await world.open({ mode: "always", stream: "T" });
    const nc = await world.connect(outbox);
    await world.cut(nc);
    for (let i = 0; i < 10; i++) await nc.publishDurable("t", String(i));
    await until(() => outbox.stats().oldestAge > 150, "its age");
    const left = world.store.copy();
    await nc.close({ timeout: 1 });
    const next = await world.open({ mode: "always", stream: "T", store: left });
    const stale: unknown[] = [];
    next.on("stale", (info) => stale.push(info));
    await world.proxy.up();
    await world.connect(next);
    await next.empty({ timeout: 10_000 });
    await until(() => stale.length > 0, "the warning");
    expect(stale).toEqual([{ stream: "T", age: expect.any(Number), duplicateWindow: 100 }]);
    expect((await jsm.streams.info("T")).state.messages).toBe(10);
  });

  it("does not get what waited beyond its time, wherever it waited", async () => {
    const outbox = await world.open({ mode: "always", stream: "S", window: 4 });
    let told = 0;
    outbox.on("expired", ({ messages }) => {
      told += messages;
    });
    const nc = await world.connect(outbox);
    const unacknowledged = world.proxy.addToxic({ type: "drop_line", verb: "MSG", stream: "downstream" });
    const began = performance.now();
    // One is on the way, some wait in the window behind it, some in the batch that is being sent.
    publishNumbers(nc, "s.a", 0, 1);
    for (let i = 1; i < 40; i++) nc.publish("s.a", String(i), { ttl: 300 });
    await until(() => unacknowledged.injected > 0, "an acknowledgement that gets lost");
    await world.cut(nc);
    unacknowledged.remove();
    publishNumbers(nc, "s.a", 40, 41);
    await until(() => performance.now() - began > 400, "the end of their time");
    await world.mend(nc);
    await outbox.empty({ timeout: 20_000 });
    expect(await stored()).toEqual([0, 40]);
    expect(outbox.stats()).toMatchObject({ expired: 39, confirmed: 2, refused: 0, messages: 0 });
    expect(told).toBe(39);
    expectOutboxBalanced(outbox);
  });

  it("does not get what is too old by maxAge, while the stream is not there", async () => {
    const jsm = await jetstreamManager(watcher as NatsConnection);
    await jsm.streams.delete("S");
    const outbox = await world.open({ mode: "always", stream: "S", maxAge: 900 });
    let told = 0;
    outbox.on("expired", ({ messages }) => {
      told += messages;
    });
    const nc = await world.connect(outbox);
    publishNumbers(nc, "s.a", 0, 10);
    // The stream never had any of it, although one was tried.
    await outbox.empty({ timeout: 20_000 });
    expect(outbox.stats()).toMatchObject({ expired: 10, confirmed: 0, refused: 0 });
    expect(told).toBe(10);
    await jsm.streams.add({ name: "S", subjects: ["s.>"] });
    await nc.publishDurable("s.a", "10");
    await outbox.empty({ timeout: 20_000 });
    expect(await stored()).toEqual([10]);
    expectOutboxBalanced(outbox);
  });

  it("waits for a stream that is not there, says so, and goes on", async () => {
    const jsm = await jetstreamManager(watcher as NatsConnection);
    await jsm.streams.delete("S");
    const outbox = await world.open({ mode: "always", stream: "S" });
    const errors: Error[] = [];
    outbox.on("error", (error) => errors.push(error));
    const nc = await world.connect(outbox);
    await nc.publishDurable("s.a", "0");
    await until(() => errors.length > 0, "the error", 20_000);
    expect(errors[0]).toMatchObject({ message: expect.stringContaining('stream "S"') });
    expect(outbox.facts()).toMatchObject({ state: "sending", failing: expect.stringContaining('"S"') });
    await jsm.streams.add({ name: "S", subjects: ["s.>"] });
    await outbox.empty({ timeout: 20_000 });
    expect(await stored()).toEqual([0]);
    expect(errors).toHaveLength(1);
  });
});
