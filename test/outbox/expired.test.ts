import { afterEach, beforeEach, expect, it } from "vitest";
import { expectBalanced } from "../support/books.js";
import { until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

/** ms that the brief ones have: a busy machine has to have them on the wire within that. */
const BRIEF = 900;

let world: OutboxWorld;
beforeEach(async () => {
  world = await OutboxWorld.make();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

it("a message whose time ends on its way has expired, and none that looks like it", async () => {
  const outbox = await world.open();
  const nc = await world.connect(outbox);
  let told = 0;
  outbox.on("expired", ({ messages }) => {
    told += messages;
  });
  const ttls = [BRIEF, BRIEF, 3_600_000, undefined];
  world.proxy.addToxic({ type: "delay_pong", delay: 60_000, name: "withheld" });
  const began = performance.now();
  for (const [i, ttl] of ttls.entries()) await nc.publishDurable("n", String(i), { ttl });
  await until(() => !outbox.engaged, "all of it on the wire");
  expect(nc.stats().pending).toBe(4);
  await world.cut(nc);
  await until(() => performance.now() - began > BRIEF + 100, "the end of the time of two");
  world.proxy.toxic("withheld")?.remove();
  await world.mend(nc);
  await outbox.empty({ timeout: 10_000 });
  expect(outbox.stats()).toMatchObject({ expired: 2, confirmed: 2, refused: 0, messages: 0 });
  expect(told).toBe(2);
  expectOutboxBalanced(outbox);
  expectBalanced(nc);
});

it("what waits in the outbox to be sent does not outlive its time there", async () => {
  const outbox = await world.open({ mode: "always" });
  const receiver = await world.receive("n");
  const nc = await world.connect(outbox);
  let told = 0;
  outbox.on("expired", ({ messages }) => {
    told += messages;
  });
  world.proxy.addToxic({ type: "delay_pong", delay: 60_000, name: "withheld" });
  const began = performance.now();
  const payload = (i: number) => String(i).padEnd(4096);
  // One batch: a first part of it is on the way, the rest waits for the confirmation.
  for (let i = 0; i < 100; i++) nc.publish("n", payload(i), { ttl: BRIEF });
  nc.publish("n", payload(100));
  // All of the first part: what the server had not read yet would arrive behind a flush of the receiver.
  await until(
    () => world.arrivals.total > 0 && world.arrivals.total === nc.stats().pending,
    "the first part",
  );
  await world.cut(nc);
  await receiver.flush();
  const before = world.arrivals.total;
  expect(before).toBeLessThan(100);
  await until(() => performance.now() - began > BRIEF + 100, "the end of their time");
  world.proxy.toxic("withheld")?.remove();
  await world.mend(nc);
  await outbox.empty({ timeout: 10_000 });
  await receiver.flush();
  expect(world.arrivals.total).toBe(before + 1);
  expect(outbox.stats()).toMatchObject({ expired: 100, confirmed: 1, refused: 0, messages: 0 });
  expect(told).toBe(100);
  expectOutboxBalanced(outbox);
  expectBalanced(nc);
});
