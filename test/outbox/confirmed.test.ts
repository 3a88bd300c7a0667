import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Connection, HoldfastError } from "../../src/index.js";
import type { OutboxOptions } from "../../src/outbox/index.js";
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

const DENIED = {
  config: `authorization { users: [
    { user: all, password: x }
    { user: some, password: x, permissions: { publish: { deny: ["secret"] } } }
  ] }`,
};

/** What has become of `publishConfirmed()` calls, in the order of their ends. */
class Ends {
  readonly resolved: number[] = [];
  readonly rejected = new Map<number, HoldfastError>();

  follow(nc: Connection, from: number, to: number, subject = "n"): void {
    for (let i = from; i < to; i++) {
      nc.publishConfirmed(subject, String(i)).then(
        () => this.resolved.push(i),
        (error) => this.rejected.set(i, error),
      );
    }
  }

  get count(): number {
    return this.resolved.length + this.rejected.size;
  }
}

const MODES: [string, OutboxOptions][] = [
  ["always", { mode: "always" }],
  ["overflow", { mode: "overflow", threshold: 0 }],
];

describe.each(MODES)("publishConfirmed() by way of an outbox, mode %s", (_mode, options) => {
  it("resolves with the confirmation, across an outage and reconnects, in the order of the calls", async () => {
    const receiver = await world.receive();
    const outbox = await world.open(options);
    const nc = await world.connect(outbox, {
      servers: world.server.url,
      beforeReplay: () => until(() => receiver.state === "connected", "the receiver"),
    });
    const ends = new Ends();
    await nc.publishConfirmed("n", "0");
    for (let round = 0; round < 3; round++) {
      await world.server.kill();
      await until(() => nc.state === "reconnecting", "the outage");
      await until(() => outbox.engaged, "the outbox's turn");
      const from = 1 + round * 500;
      ends.follow(nc, from, from + 500);
      await until(() => outbox.stats().memoryBytes === 0, "all of it on disk");
      expect(ends.count).toBe(round * 500);
      await world.server.restart();
      await until(() => ends.count === (round + 1) * 500, "the confirmations", 20_000);
    }
    expect(ends.resolved).toEqual(Array.from({ length: 1500 }, (_, i) => i + 1));
    await world.arrived(1501);
    expectOutboxBalanced(outbox);
    expectBalanced(nc);
  });

  it("does not resolve before the confirmation", async () => {
    await world.receive();
    const outbox = await world.open(options);
    const nc = await world.connect(outbox);
    const ends = new Ends();
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    ends.follow(nc, 0, 100);
    nc.on("reconnect", () => world.proxy.addToxic({ type: "delay_pong", delay: 60_000, name: "held" }));
    await world.proxy.up();
    await until(() => world.arrivals.distinct === 100, "all of it at the receiver");
    await nc.publishDurable("other", "on disk, behind them");
    expect(ends.count).toBe(0);
    world.proxy.toxic("held")?.remove();
    await until(() => ends.resolved.length === 100, "the confirmations");
  });

  it.each(["close", "drain"] as const)(
    "rejects with OVERFLOWED when %s() comes before: it is on disk, and sent by the next one",
    async (end) => {
      await world.receive();
      const outbox = await world.open(options);
      const nc = await world.connect(outbox);
      await world.cut(nc);
      await until(() => outbox.engaged, "the outbox's turn");
      const ends = new Ends();
      ends.follow(nc, 0, 50);
      await nc[end]({ timeout: 20 });
      await until(() => ends.count === 50, "their ends");
      expect(ends.resolved).toEqual([]);
      expect(ends.rejected.get(49)).toMatchObject({
        code: "OVERFLOWED",
        subject: "n",
        maybeDelivered: false,
        retryable: false,
        message: expect.stringContaining("sends it with its next connection"),
      });
      expect(ends.rejected.get(49)?.message).not.toContain("not be on disk");
      expect(outbox.stats()).toMatchObject({ messages: 50, memoryBytes: 0 });
      await outbox.close();
      await world.proxy.up();
      const next = await world.open(options);
      expect(next.stats().recovered).toBe(50);
      await world.connect(next);
      await next.empty({ timeout: 10_000 });
      await world.arrived(50);
    },
  );

  it("says of what a server may have that it may", async () => {
    await world.receive();
    const outbox = await world.open(options);
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    const ends = new Ends();
    ends.follow(nc, 0, 1);
    nc.on("reconnect", () => world.proxy.addToxic({ type: "delay_pong", delay: 60_000, name: "held" }));
    await world.proxy.up();
    await until(() => world.arrivals.distinct === 1, "its arrival");
    await nc.close({ timeout: 20 });
    await until(() => ends.count === 1, "its end");
    expect(ends.rejected.get(0)).toMatchObject({ code: "OVERFLOWED", maybeDelivered: true });
    world.proxy.toxic("held")?.remove();
  });

  it("resolves in a drain that sends what is held", async () => {
    await world.receive();
    const outbox = await world.open(options);
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    const ends = new Ends();
    ends.follow(nc, 0, 200);
    await world.mend(nc);
    await nc.drain();
    await until(() => ends.count === 200, "their ends");
    expect(ends.rejected.size).toBe(0);
    await world.arrived(200);
  });

  it("rejects when close() of the outbox lets go of it, and the connection goes on", async () => {
    const outbox = await world.open(options);
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    const waiting = rejection(nc.publishConfirmed("n", "0"));
    await outbox.close();
    expect(await waiting).toMatchObject({ code: "OVERFLOWED" });
    await world.receive();
    const direct = nc.publishConfirmed("n", "0");
    await world.mend(nc);
    await direct;
  });

  it("rejects with MESSAGE_DROPPED when its time ends in the outbox; the others arrive", async () => {
    await world.receive();
    const outbox = await world.open(options);
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    const short = rejection(nc.publishConfirmed("n", "x", { ttl: 30 }));
    const long = nc.publishConfirmed("n", "0", { ttl: 3_600_000 });
    const began = performance.now();
    await until(() => performance.now() - began > 60, "the end of its time");
    await world.mend(nc);
    await long;
    expect(await short).toMatchObject({
      code: "MESSAGE_DROPPED",
      subject: "n",
      message: expect.stringContaining("ttl"),
    });
    await world.arrived(1);
    expect(outbox.stats()).toMatchObject({ expired: 1, confirmed: 1 });
  });

  it("rejects when the outbox is full, and what it has taken is confirmed", async () => {
    await world.receive();
    const outbox = await world.open({ ...options, maxBytes: 65_536 });
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    const taken: Promise<void>[] = [];
    let refusal: unknown;
    for (let i = 0; refusal === undefined; i++) {
      const { rejected } = nc.stats();
      const end = nc.publishConfirmed("n", `${i}`.padEnd(1000));
      if (nc.stats().rejected === rejected) taken.push(end);
      else refusal = await rejection(end);
    }
    expect(refusal).toMatchObject({ code: "OUTBOX_FULL" });
    await world.mend(nc);
    await Promise.all(taken);
    await world.arrived(taken.length);
  });

  it("outlives a disk that fails for a while", async () => {
    await world.receive();
    const outbox = await world.open(options);
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    for (let i = 0; i < 2; i++) world.store.failNext();
    const ends = new Ends();
    ends.follow(nc, 0, 100);
    await until(() => outbox.stats().failures > 0, "a failure");
    await world.mend(nc);
    await until(() => ends.count === 100, "their ends");
    expect(ends.rejected.size).toBe(0);
    await world.arrived(100);
  });

  it("says at the end of the connection what the disk has not taken", async () => {
    const outbox = await world.open(options);
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    world.store.beforeCommit = () => {
      throw new Error("read-only");
    };
    const waiting = rejection(nc.publishConfirmed("n", "0"));
    await nc.close({ timeout: 20 });
    expect(await waiting).toMatchObject({
      code: "OVERFLOWED",
      message: expect.stringMatching(/not be on disk yet: .*read-only/),
      cause: expect.objectContaining({ code: "OUTBOX_FAILED" }),
    });
    world.store.beforeCommit = undefined;
  });

  it("rejects with OUTBOX_FAILED what close() of the outbox cannot write", async () => {
    const outbox = await world.open(options);
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    world.store.beforeCommit = () => {
      throw new Error("read-only");
    };
    const waiting = rejection(nc.publishConfirmed("n", "0"));
    await outbox.close();
    expect(await waiting).toMatchObject({ code: "OUTBOX_FAILED", operation: "commit" });
    expect(outbox.stats().lost).toBe(1);
  });
});

it("flush() and fence() know nothing of what is held, and of who waits for it", async () => {
  await world.receive();
  const outbox = await world.open({ mode: "always" });
  const nc = await world.connect(outbox);
  world.store.hold();
  const ends = new Ends();
  ends.follow(nc, 0, 10);
  await nc.flush();
  await nc.fence();
  expect(ends.count).toBe(0);
  world.store.release();
  await until(() => ends.resolved.length === 10, "the confirmations");
  await world.arrived(10);
});

it("a message that the server refuses rejects with its error, and is parked", async () => {
  await using guarded = await OutboxWorld.make(DENIED);
  const outbox = await guarded.open({ mode: "always" });
  const nc = await guarded.connect(outbox, { user: "some", pass: "x" });
  const refused = rejection(nc.publishConfirmed("secret", "x"));
  const allowed = nc.publishConfirmed("n", "0");
  expect(await refused).toMatchObject({
    code: "PERMISSIONS_VIOLATION",
    name: "PermissionViolationError",
    subject: "secret",
    message: expect.stringContaining("parked"),
  });
  await allowed;
  expect(outbox.stats()).toMatchObject({ parked: 1, confirmed: 1, messages: 0 });
});

it("a message that has become too large rejects, and is parked", async () => {
  const outbox = await world.open({ mode: "always" });
  const nc = await world.connect(outbox);
  await world.cut(nc);
  const large = rejection(nc.publishConfirmed("n", "x".repeat(2000)));
  world.proxy.addToxic({ type: "rewrite_info", info: { max_payload: 1000 } });
  await world.mend(nc);
  expect(await large).toMatchObject({ code: "MAX_PAYLOAD_EXCEEDED", subject: "n" });
  expect(outbox.stats()).toMatchObject({ parked: 1 });
});

it("what memory holds is confirmed as ever, and what follows it by the outbox", async () => {
  await world.receive();
  const outbox = await world.open();
  const nc = await world.connect(outbox, { maxBufferedMessages: 100 });
  await world.cut(nc);
  const ends = new Ends();
  ends.follow(nc, 0, 300);
  expect(nc.stats()).toMatchObject({ accepted: 100, overflowed: 200 });
  publishNumbers(nc, "n", 300, 310);
  await world.mend(nc);
  await until(() => ends.count === 300, "their ends");
  expect(ends.resolved).toEqual(Array.from({ length: 300 }, (_, i) => i));
  await outbox.empty({ timeout: 10_000 });
  await world.arrived(310);
});
