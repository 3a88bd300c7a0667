import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { Arrivals, countInto } from "../support/arrivals.js";
import { expectBalanced } from "../support/books.js";
import { publishNumbers } from "../support/publisher.js";
import { rejection, thrown, until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

let world: OutboxWorld;
beforeEach(async () => {
  world = await OutboxWorld.make();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

describe.each(["drain", "close"] as const)("%s() in an outage", (end) => {
  it("keeps what is in memory, and the next process sends it first", async () => {
    await world.receive();
    const outbox = await world.open();
    const nc = await world.connect(outbox, { reconnectBufSize: 2048 });
    await world.cut(nc);
    // The first fill the buffer, the others go to disk.
    publishNumbers(nc, "n", 0, 500);
    const lost: unknown[] = [];
    nc.on("messageLost", (messages) => lost.push(messages));
    await nc[end]({ timeout: 50 });
    expect(lost).toEqual([]);
    expectBalanced(nc);
    expect(nc.stats().dropReasons.kept).toBeGreaterThan(0);
    expect(outbox.stats()).toMatchObject({ messages: 500, stored: 500, memoryBytes: 0 });
    await outbox.close();
    await world.proxy.up();
    const next = await world.open();
    expect(next.stats()).toMatchObject({ recovered: 500, messages: 500 });
    const again = await world.connect(next);
    publishNumbers(again, "n", 500, 600);
    await next.empty({ timeout: 5_000 });
    await again.flush();
    await world.arrived(600);
    expect(again.stats()).toMatchObject({ recovered: 500 });
    expectBalanced(again);
    expectOutboxBalanced(next);
    expect(next.stats()).toMatchObject({ recovered: 500, confirmed: next.stats().stored + 500, messages: 0 });
  });

  it("keeps what another connection of this process sends first", async () => {
    await world.receive();
    const outbox = await world.open();
    const nc = await world.connect(outbox);
    await world.cut(nc);
    publishNumbers(nc, "n", 0, 100);
    await nc[end]({ timeout: 1 });
    await world.proxy.up();
    const again = await world.connect(outbox);
    publishNumbers(again, "n", 100, 200);
    await outbox.empty({ timeout: 5_000 });
    await again.flush();
    await world.arrived(200);
    expect(again.stats().recovered).toBe(0);
    expectOutboxBalanced(outbox);
  });
});

describe("the end of a connection", () => {
  it("waits in a drain until all is sent, with a link", async () => {
    await world.receive();
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox);
    publishNumbers(nc, "n", 0, 5000);
    await nc.drain();
    expect(outbox.stats()).toMatchObject({ messages: 0, confirmed: 5000 });
    await world.arrived(5000);
    expect(outbox.facts().state).toBe("idle");
  });

  it.each([true, false])(
    "stores once what is on its way, and keeps the order; all alike: %s",
    async (alike) => {
      const receiver = await world.receive();
      const outbox = await world.open();
      const nc = await world.connect(outbox, { reconnectBufSize: 1024 });
      const publish = (from: number, to: number) => {
        for (let i = from; i < to; i++) nc.publish(alike ? "same" : "n", alike ? "x" : String(i));
      };
      await world.cut(nc);
      // Some wait in the window of the connection, the others on disk.
      publish(0, 300);
      await until(() => outbox.stats().memoryBytes === 0, "all of it on disk");
      // From the reconnect on no PONG comes back: all is written, and nothing confirmed.
      nc.on("reconnect", () => world.proxy.addToxic({ type: "delay_pong", delay: 60_000, name: "held" }));
      await world.proxy.up();
      await until(() => !outbox.engaged, "all of it on the wire");
      publish(300, 400);
      expect(nc.stats().pending).toBe(400);
      // What the server has not read yet would be counted below, behind a flush of another connection, too.
      await until(() => alike || world.arrivals.total === 400, "all of it at the receiver");
      await nc.close({ timeout: 20 });
      expectOutboxBalanced(outbox);
      expectBalanced(nc);
      expect(outbox.stats()).toMatchObject({ messages: 400, confirmed: 0 });
      await outbox.close();
      await receiver.flush();
      world.proxy.toxic("held")?.remove();
      const left = await world.open();
      expect(left.stats().recovered).toBe(400);
      const again = new Arrivals();
      receiver.subscribe("n", { callback: countInto(again) });
      await receiver.flush();
      await world.connect(left);
      await left.empty({ timeout: 5_000 });
      await receiver.flush();
      expect(again).toMatchObject(alike ? { total: 0 } : { total: 400, distinct: 400, late: 0 });
    },
  );

  it("leaves one connection at a time to an outbox", async () => {
    const outbox = await world.open();
    const nc = await world.connect(outbox);
    expect(await rejection(connect({ servers: world.server.url, outbox }))).toMatchObject({
      code: "INVALID_OPERATION",
      message: expect.stringContaining("another connection"),
    });
    expect(nc.state).toBe("connected");
    await nc.close();
    const next = await world.connect(outbox);
    await next.close();
    await outbox.close();
    expect(await rejection(connect({ servers: world.server.url, outbox }))).toMatchObject({
      code: "INVALID_OPERATION",
      message: expect.stringContaining("closed"),
    });
  });

  it("is survived by an outbox whose first connect fails", async () => {
    await world.receive();
    const outbox = await world.open({ mode: "always" });
    world.proxy.down();
    expect(await rejection(world.connect(outbox))).toMatchObject({ code: "CONNECTION_REFUSED" });
    await world.proxy.up();
    const nc = await world.connect(outbox);
    publishNumbers(nc, "n", 0, 10);
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(10);
  });

  it("stores messages before there is a connection at all", async () => {
    await world.receive();
    const outbox = await world.open();
    world.proxy.down();
    const nc = await world.connect(outbox, { retryOnFailedConnect: true, reconnectBufSize: 100 });
    publishNumbers(nc, "n", 0, 50);
    await nc.publishDurable("n", "50");
    expect(outbox.engaged).toBe(true);
    await world.proxy.up();
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(51);
  });
});

describe("close() of the outbox", () => {
  it("is final, and settles who waits", async () => {
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox);
    await world.cut(nc);
    publishNumbers(nc, "n", 0, 10);
    const waiting = rejection(outbox.empty());
    const first = outbox.close();
    expect(outbox.close()).toBe(first);
    await first;
    expect(await waiting).toMatchObject({ code: "INVALID_OPERATION" });
    expect(world.store.closed).toBe(1);
    expect(outbox.facts().state).toBe("closed");
    expect(await rejection(nc.publishDurable("n", "x"))).toMatchObject({ code: "INVALID_OPERATION" });
    // The connection goes on without it.
    nc.publish("n", "10");
    expect(nc.buffered.messages).toBe(1);
    await nc.close({ timeout: 1 });
    const next = await world.open();
    expect(next.stats().recovered).toBe(10);
  });

  it("waits for the confirmation of what is on its way", async () => {
    await world.receive();
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox);
    publishNumbers(nc, "n", 0, 100);
    await until(() => nc.stats().accepted === 100, "all of it on its way");
    await outbox.close();
    const next = await world.open();
    expect(next.stats().recovered).toBe(0);
    await world.arrived(100);
  });
});

it("empty() rejects at its timeout, and the messages stay", async () => {
  const outbox = await world.open({ mode: "always" });
  const nc = await world.connect(outbox);
  await world.cut(nc);
  await nc.publishDurable("n", "0");
  expect(await rejection(outbox.empty({ timeout: 5 }))).toMatchObject({ code: "TIMEOUT" });
  expect(outbox.stats().messages).toBe(1);
  expect(await rejection(outbox.empty({ timeout: -1 }))).toMatchObject({ code: "INVALID_OPTION" });
  let empties = 0;
  outbox.on("empty", () => empties++);
  await world.receive();
  await world.mend(nc);
  await outbox.empty({ timeout: 5_000 });
  await outbox.empty();
  expect(empties).toBe(1);
  expect(thrown(() => outbox.on("emty" as "empty", () => {})).message).toContain("there is no event");
});
