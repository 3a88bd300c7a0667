import { jetstreamManager } from "@nats-io/jetstream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect, type NatsConnection } from "../../../src/index.js";
import type { DiskOutbox } from "../../../src/outbox/disk-outbox.js";
import { until } from "../../support/until.js";
import { OutboxWorld } from "../world.js";

/** The shortest that a server takes, ms. */
const DUPLICATE_WINDOW = 100;

let world: OutboxWorld;
let messages: () => Promise<number>;
beforeEach(async () => {
  world = await OutboxWorld.make({ jetstream: true });
  const nc = world.cleanup.use(await connect({ servers: world.server.url }));
  const jsm = await jetstreamManager(nc as NatsConnection);
  await jsm.streams.add({ name: "T", subjects: ["t"], duplicate_window: DUPLICATE_WINDOW * 1e6 });
  messages = async () => (await jsm.streams.info("T")).state.messages;
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

async function opened(): Promise<{ outbox: DiskOutbox; stale: unknown[] }> {
  const outbox = await world.open({ mode: "always", stream: "T" });
  const stale: unknown[] = [];
  outbox.on("stale", (info) => stale.push(info));
  return { outbox, stale };
}

const past = (ms: number) => {
  const from = performance.now();
  return until(
    () => performance.now() - from > ms,
    () => `${ms} ms`,
  );
};

describe("stale", () => {
  it("tells of what is sent again when the stream has forgotten the first time", async () => {
    const { outbox, stale } = await opened();
    const nc = await world.connect(outbox);
    await nc.publishDurable("t", "0");
    await outbox.empty({ timeout: 10_000 });
    const lost = world.proxy.addToxic({ type: "drop_line", verb: "MSG", stream: "downstream" });
    await nc.publishDurable("t", "1");
    await until(() => lost.injected > 0, "a lost acknowledgement");
    await world.cut(nc);
    lost.remove();
    await past(DUPLICATE_WINDOW + 50);
    expect(stale).toEqual([]);
    await world.mend(nc);
    await outbox.empty({ timeout: 10_000 });
    expect(stale).toEqual([{ stream: "T", age: expect.any(Number), duplicateWindow: DUPLICATE_WINDOW }]);
    expect((stale[0] as { age: number }).age).toBeGreaterThan(DUPLICATE_WINDOW);
    // What it warns of has happened.
    expect(await messages()).toBe(3);
  });

  it("tells of it by the next connection of the process as well", async () => {
    const { outbox, stale } = await opened();
    const nc = await world.connect(outbox);
    await nc.publishDurable("t", "0");
    await outbox.empty({ timeout: 10_000 });
    const lost = world.proxy.addToxic({ type: "drop_line", verb: "MSG", stream: "downstream" });
    await nc.publishDurable("t", "1");
    await until(() => lost.injected > 0, "a lost acknowledgement");
    await nc.close({ timeout: 1 });
    lost.remove();
    await past(DUPLICATE_WINDOW + 50);
    await world.connect(outbox);
    await outbox.empty({ timeout: 10_000 });
    await until(() => stale.length > 0, "the warning");
    expect(stale).toEqual([{ stream: "T", age: expect.any(Number), duplicateWindow: DUPLICATE_WINDOW }]);
  });

  it("does not tell of what has only waited, however long", async () => {
    const { outbox, stale } = await opened();
    const nc = await world.connect(outbox);
    await nc.publishDurable("t", "0");
    await outbox.empty({ timeout: 10_000 });
    await world.cut(nc);
    await nc.publishDurable("t", "1");
    await past(DUPLICATE_WINDOW + 50);
    await world.mend(nc);
    await outbox.empty({ timeout: 10_000 });
    await nc.close();
    await world.connect(outbox);
    expect(await messages()).toBe(2);
    expect(stale).toEqual([]);
  });

  it("does not tell of what an earlier process has left a moment ago, when that has long been stored", async () => {
    const { outbox } = await opened();
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await nc.publishDurable("t", "0");
    const left = world.store.copy();
    await nc.close({ timeout: 1 });
    const next = await world.open({ mode: "always", stream: "T", store: left });
    const stale: unknown[] = [];
    next.on("stale", (info) => stale.push(info));
    await world.proxy.up();
    const later = await world.connect(next);
    await next.empty({ timeout: 10_000 });
    const isQuick = stale.length === 0;
    await past(DUPLICATE_WINDOW + 50);
    await world.cut(later);
    await world.mend(later);
    await later.publishDurable("t", "1");
    await next.empty({ timeout: 10_000 });
    // On a slow machine it was old when it was sent.
    if (isQuick) expect(stale).toEqual([]);
  });
});
