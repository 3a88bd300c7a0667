import { afterEach, beforeEach, expect, it } from "vitest";
import { expectBalanced } from "../support/books.js";
import { until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

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
  const ttls = [300, 300, 3_600_000, undefined];
  world.proxy.addToxic({ type: "delay_pong", delay: 60_000, name: "withheld" });
  const began = performance.now();
  for (const [i, ttl] of ttls.entries()) await nc.publishDurable("n", String(i), { ttl });
  await until(() => !outbox.engaged, "all of it on the wire");
  expect(nc.stats().pending).toBe(4);
  await world.cut(nc);
  await until(() => performance.now() - began > 400, "the end of the time of two");
  world.proxy.toxic("withheld")?.remove();
  await world.mend(nc);
  await outbox.empty({ timeout: 10_000 });
  expect(outbox.stats()).toMatchObject({ expired: 2, confirmed: 2, refused: 0, messages: 0 });
  expect(told).toBe(2);
  expectOutboxBalanced(outbox);
  expectBalanced(nc);
});
