import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryStore } from "../../src/outbox/store/memory-store.js";
import { publishNumbers } from "../support/publisher.js";
import { rejection, until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

let world: OutboxWorld;
beforeEach(async () => {
  world = await OutboxWorld.make();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

describe("a store that fails", () => {
  it("rejects publishDurable, keeps what it has, and the connection goes on", async () => {
    await world.receive();
    const outbox = await world.open();
    const errors: Error[] = [];
    outbox.on("error", (error) => errors.push(error));
    const nc = await world.connect(outbox);
    const told: Error[] = [];
    nc.on("error", (error) => told.push(error));
    await world.cut(nc);
    await nc.publishDurable("n", "0");
    world.store.failNext(new Error("no space left"));
    const error = await rejection(nc.publishDurable("n", "1"));
    expect(error).toMatchObject({ code: "OUTBOX_FAILED", operation: "commit", path: "memory" });
    expect(error.message).toContain("no space left");
    await until(() => errors.length === 1 && told.length === 1, "the error event");
    expect(outbox.stats()).toMatchObject({ messages: 1, failures: 1 });
    await nc.publishDurable("n", "1");
    await world.mend(nc);
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(2);
    nc.publish("n", "2");
    await nc.flush();
    await world.arrived(3);
    expectOutboxBalanced(outbox);
  });

  it("has what was only offered tried again, and tells of an episode once", async () => {
    await world.receive();
    const outbox = await world.open();
    const errors: Error[] = [];
    outbox.on("error", (error) => errors.push(error));
    const nc = await world.connect(outbox, { reconnectBufSize: 100 });
    await world.cut(nc);
    for (let i = 0; i < 3; i++) world.store.failNext();
    publishNumbers(nc, "n", 0, 100);
    await until(() => outbox.stats().failures > 0, "a failure");
    expect(outbox.facts().failing).toBeDefined();
    await until(() => outbox.stats().memoryBytes === 0, "all of it on disk");
    expect(errors).toHaveLength(1);
    expect(outbox.facts().failing).toBeUndefined();
    await world.mend(nc);
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(100);
    expectOutboxBalanced(outbox);
  });

  it("does not hold up what is in memory, once there is a link", async () => {
    await world.receive();
    const outbox = await world.open();
    const nc = await world.connect(outbox, { reconnectBufSize: 100 });
    await world.cut(nc);
    world.store.beforeCommit = () => {
      throw new Error("broken");
    };
    publishNumbers(nc, "n", 0, 100);
    await until(() => outbox.stats().failures > 0, "a failure");
    await world.mend(nc);
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(100);
    await until(() => !outbox.engaged, "direct publishing");
  });

  it("is full: publish and publishDurable say so, and nothing that was taken is lost", async () => {
    await world.receive();
    const outbox = await world.open({ mode: "always", maxBytes: 65_536 });
    const nc = await world.connect(outbox);
    await world.cut(nc);
    let taken = 0;
    let error: { code?: string } = {};
    while (error.code === undefined) {
      try {
        await nc.publishDurable("n", String(taken).padStart(1000));
        taken++;
      } catch (cause) {
        error = cause as { code?: string };
      }
    }
    expect(error.code).toBe("OUTBOX_FULL");
    expect(taken).toBeGreaterThan(40);
    await world.mend(nc);
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(taken);
    await nc.publishDurable("n", String(taken));
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(taken + 1);
    expectOutboxBalanced(outbox);
  });

  it("that cannot be opened is released", async () => {
    const store = new MemoryStore();
    store.failNext(new Error("read-only"));
    expect(await rejection(world.open({ store }))).toMatchObject({ code: "OUTBOX_FAILED" });
    expect(store.closed).toBe(1);
  });
});
