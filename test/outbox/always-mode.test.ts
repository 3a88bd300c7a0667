import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headers } from "../../src/index.js";
import { expectBalanced } from "../support/books.js";
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

describe('mode "always"', () => {
  it("stores everything before it is sent, and confirms it", async () => {
    await world.receive();
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox);
    world.store.hold();
    publishNumbers(nc, "n", 0, 500);
    await nc.flush();
    expect(world.arrivals.total).toBe(0);
    expect(nc.stats()).toMatchObject({ accepted: 0, overflowed: 500 });
    world.store.release();
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(500);
    expect(outbox.engaged).toBe(true);
    expect(outbox.stats()).toMatchObject({ stored: 500, confirmed: 500, messages: 0, recovered: 0 });
    expect(nc.stats()).toMatchObject({ accepted: 500, confirmed: 500, recovered: 0 });
    expectOutboxBalanced(outbox);
    expectBalanced(nc);
  });

  it("resolves publishDurable when it is on disk, also in an outage; commits are shared", async () => {
    await world.receive();
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox);
    await world.cut(nc);
    let resolved = 0;
    world.store.hold();
    const all = Array.from({ length: 1000 }, (_, i) =>
      nc.publishDurable("n", String(i)).then(() => {
        resolved++;
      }),
    );
    await until(() => outbox.stats().pending === 1000, "all calls");
    expect(resolved).toBe(0);
    world.store.release();
    await Promise.all(all);
    expect(world.store.commits).toBeLessThan(20);
    expect(outbox.stats().messages).toBe(1000);
    await world.mend(nc);
    await outbox.empty({ timeout: 5_000 });
    await world.arrived(1000);
  });

  it("takes what publishConfirmed() sends, too, but for what goes around it", async () => {
    await world.receive();
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox);
    await nc.publishConfirmed("n", "0");
    await nc.publishConfirmed("n", "1", { bypassOverflow: true });
    await until(() => world.arrivals.distinct === 2, "both");
    expect(outbox.stats()).toMatchObject({ stored: 1, confirmed: 1 });
  });

  it("sends headers and replies as they were given, and ttl counts", async () => {
    const receiver = await world.receive();
    const got: [string, string | undefined, string | undefined][] = [];
    receiver.subscribe("h", {
      callback: (_, msg) => got.push([msg.string(), msg.headers?.get("a"), msg.reply]),
    });
    await receiver.flush();
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox);
    const hdrs = headers();
    hdrs.set("a", "b");
    await nc.publishDurable("h", "1", { headers: hdrs, reply: "back.here" });
    nc.publish("h", "2", { headers: hdrs });
    await outbox.empty({ timeout: 5_000 });
    await until(() => got.length === 2, "both");
    expect(got).toEqual([
      ["1", "b", "back.here"],
      ["2", "b", ""],
    ]);
    await world.cut(nc);
    const expired: number[] = [];
    outbox.on("expired", ({ messages }) => expired.push(messages));
    await nc.publishDurable("h", "3", { ttl: 20 });
    await nc.publishDurable("h", "4");
    await until(() => expired.length > 0 || outbox.stats().oldestAge > 25, "its end");
    await world.mend(nc);
    await outbox.empty({ timeout: 5_000 });
    await until(() => got.length === 3, "the last");
    expect(got[2][0]).toBe("4");
    expect(expired).toEqual([1]);
    expect(outbox.stats()).toMatchObject({ expired: 1, confirmed: 3 });
    expectOutboxBalanced(outbox);
  });

  it("passes what must not be written twice", async () => {
    await world.receive();
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox);
    nc.publish("n", "0", { replay: false });
    await nc.flush();
    await world.arrived(1);
    expect(outbox.stats().stored).toBe(0);
    expect(await rejection(nc.publishDurable("n", "1", { replay: false }))).toMatchObject({
      code: "INVALID_OPERATION",
    });
    const once = await world.connect(await world.open({ mode: "always", store: world.store.copy() }), {
      delivery: "at-most-once",
    });
    once.publish("n", "1");
    await once.flush();
    await world.arrived(2);
  });

  it("begins slowly with a server that has come back, and lets no more than some MiB go unconfirmed", async () => {
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox);
    const payload = new Uint8Array(10_000);
    // The server of before could take much: that says nothing of the one that comes.
    for (let i = 0; i < 300; i++) nc.publish("big", payload);
    await outbox.empty({ timeout: 10_000 });
    await world.cut(nc);
    for (let i = 0; i < 1500; i++) nc.publish("big", payload);
    await until(() => outbox.stats().memoryBytes === 0, "all of it on disk");
    world.proxy.addToxic({ type: "latency", latency: 50, stream: "downstream" });
    await world.proxy.up();
    const seen: number[] = [];
    await until(() => {
      const { pendingBytes } = nc.stats();
      if (pendingBytes !== (seen.at(-1) ?? 0)) seen.push(pendingBytes);
      return outbox.stats().messages === 0;
    }, "the end");
    expect(seen[0]).toBeLessThanOrEqual(64 * 1024 + 10_000);
    expect(Math.max(...seen)).toBeGreaterThan(512 * 1024);
    expect(Math.max(...seen)).toBeLessThanOrEqual(4 * 1024 * 1024 + 10_000);
    expectOutboxBalanced(outbox);
  });
});
