import { afterEach, beforeEach, expect, it } from "vitest";
import { rejection, thrown, until } from "../support/until.js";
import { OutboxWorld } from "./world.js";

let world: OutboxWorld;
beforeEach(async () => {
  world = await OutboxWorld.make();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

it("a refusal of a full outbox names the subject of the message, whichever call it is", async () => {
  const outbox = await world.open({ mode: "always", maxBytes: 65_536 });
  const nc = await world.connect(outbox);
  await world.cut(nc);
  await nc.publishDurable("first", Buffer.alloc(60_000));
  const large = Buffer.alloc(10_000);
  const full = (subject: string) => ({ code: "OUTBOX_FULL", subject });
  expect(await rejection(nc.publishConfirmed("confirmed", large))).toMatchObject(full("confirmed"));
  expect(await rejection(nc.publishDurable("durable", large))).toMatchObject(full("durable"));
  expect(thrown(() => nc.publish("plain", large))).toMatchObject(full("plain"));
});

it("publishDurable() of a closed outbox names the subject", async () => {
  const outbox = await world.open({ mode: "always" });
  const nc = await world.connect(outbox);
  await outbox.close();
  const error = await rejection(nc.publishDurable("late", "1"));
  expect(error).toMatchObject({ code: "INVALID_OPERATION", subject: "late" });
  await until(() => outbox.facts().state === "closed", "the end");
});
