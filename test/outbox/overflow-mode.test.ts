import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

describe('mode "overflow"', () => {
  it("does nothing while the connection has room", async () => {
    await world.receive();
    const outbox = await world.open();
    const nc = await world.connect(outbox);
    publishNumbers(nc, "n", 0, 1000);
    await nc.flush();
    await world.arrived(1000);
    expect(outbox.engaged).toBe(false);
    expect(outbox.stats()).toMatchObject({ stored: 0, messages: 0 });
    expect(outbox.facts()).toMatchObject({ kind: "outbox", mode: "overflow", state: "idle" });
    expect(nc.components.map((component) => component.facts().kind)).toEqual(["outbox"]);
  });

  it("takes what the buffer has no room for, and sends all of it, in order, once", async () => {
    await world.receive();
    const outbox = await world.open();
    const nc = await world.connect(outbox, { reconnectBufSize: 4096 });
    publishNumbers(nc, "n", 0, 100);
    await nc.flush();
    await world.cut(nc);
    publishNumbers(nc, "n", 100, 20_000);
    expect(outbox.engaged).toBe(true);
    expect(nc.stats().overflowed).toBeGreaterThan(19_000);
    await until(() => outbox.stats().memoryBytes === 0, "all of it on disk");
    expect(outbox.facts()).toMatchObject({ state: "waiting" });
    await world.mend(nc);
    publishNumbers(nc, "n", 20_000, 21_000);
    await outbox.empty({ timeout: 10_000 });
    await world.arrived(21_000);
    await until(() => !outbox.engaged, "direct publishing");
    publishNumbers(nc, "n", 21_000, 21_100);
    await nc.flush();
    await world.arrived(21_100);
    expectOutboxBalanced(outbox);
    expectBalanced(nc);
  });

  it("takes everything after the threshold, although the buffer has room", async () => {
    await world.receive();
    const outbox = await world.open({ threshold: 50 });
    const nc = await world.connect(outbox);
    // In the very moment: the threshold is shorter than what a busy machine may take to get here.
    const stored: number[] = [];
    nc.once("disconnect", () => {
      publishNumbers(nc, "n", 0, 10);
      stored.push(outbox.stats().stored);
    });
    await world.cut(nc);
    expect(stored).toEqual([0]);
    await until(() => outbox.engaged, "the threshold");
    publishNumbers(nc, "n", 10, 20);
    expect(outbox.stats().stored).toBe(10);
    await world.mend(nc);
    await world.arrived(20);
    await until(() => !outbox.engaged, "direct publishing");
    await outbox.empty({ timeout: 5_000 });
  });

  it("is over after a reconnect within bounded time, although messages keep coming", async () => {
    await world.receive();
    const outbox = await world.open();
    const nc = await world.connect(outbox, { reconnectBufSize: 1024 });
    await world.cut(nc);
    // Many batches, which take some round trips: live messages come while there are more of them.
    for (let i = 0; i < 50_000; i += 5_000) {
      publishNumbers(nc, "n", i, i + 5_000);
      await until(() => outbox.stats().memoryBytes === 0, "all of it on disk");
    }
    world.proxy.addToxic({ type: "latency", latency: 5, stream: "downstream" });
    let next = 50_000;
    let changes = 0;
    let engaged = outbox.engaged;
    // Some in every turn, far below what the link carries.
    const live = setInterval(() => {
      publishNumbers(nc, "n", next, next + 20);
      next += 20;
      if (outbox.engaged !== engaged) changes++;
      engaged = outbox.engaged;
    }, 1);
    try {
      await world.mend(nc);
      await until(() => !outbox.engaged, "direct publishing under load");
      const at = next;
      await until(() => next > at + 2_000, "more live messages");
    } finally {
      clearInterval(live);
    }
    expect(changes).toBe(1);
    expect(outbox.engaged).toBe(false);
    await nc.flush();
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(next);
    expectOutboxBalanced(outbox);
  });

  it("does not send before beforeReplay is through", async () => {
    const receiver = await world.receive();
    const outbox = await world.open();
    let release = () => {};
    let asked = 0;
    const nc = await world.connect(outbox, {
      reconnectBufSize: 1024,
      beforeReplay: () => {
        asked++;
        return new Promise<void>((resolve) => {
          release = resolve;
        });
      },
    });
    await world.cut(nc);
    publishNumbers(nc, "n", 0, 1000);
    await world.proxy.up();
    await until(() => asked === 1, "beforeReplay");
    await receiver.flush();
    expect(world.arrivals.total).toBe(0);
    release();
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(1000);
  });

  it("survives a server that is killed and comes back", async () => {
    const receiver = await world.receive();
    const outbox = await world.open();
    const nc = await world.connect(outbox, {
      reconnectBufSize: 2048,
      servers: world.server.url,
      beforeReplay: () => until(() => receiver.state === "connected", "the receiver"),
    });
    await world.server.kill();
    await until(() => nc.state === "reconnecting", "the outage");
    publishNumbers(nc, "n", 0, 5000);
    await world.server.restart();
    await outbox.empty({ timeout: 20_000 });
    await world.arrived(5000);
    expectOutboxBalanced(outbox);
    expectBalanced(nc);
  });

  it("goes by the disk for publishDurable, and keeps the order with publish", async () => {
    await world.receive();
    const outbox = await world.open();
    const nc = await world.connect(outbox);
    const stored: Promise<void>[] = [];
    for (let i = 0; i < 2000; i += 2) {
      stored.push(nc.publishDurable("n", String(i)));
      nc.publish("n", String(i + 1));
    }
    await Promise.all(stored);
    await outbox.empty({ timeout: 10_000 });
    await nc.flush();
    await world.arrived(2000);
    await until(() => !outbox.engaged, "direct publishing");
  });
});
