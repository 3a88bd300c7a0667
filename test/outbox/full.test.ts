import { afterEach, beforeEach, expect, it } from "vitest";
import { rejection, until } from "../support/until.js";
import { OutboxWorld } from "./world.js";

let world: OutboxWorld;
beforeEach(async () => {
  world = await OutboxWorld.make();
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const MOST = 65_536;
const FULL = expect.objectContaining({
  code: "OUTBOX_FULL",
  message: expect.stringMatching(/option "?maxBytes"? is 65536/),
  retryable: true,
});

/** Publishes numbers, with 1,000 bytes each, until one is refused; returns how many were taken, and the refusal. */
function fill(publish: (payload: string) => void): [number, unknown] {
  for (let i = 0; ; i++) {
    try {
      publish(`${i}`.padEnd(1000));
    } catch (error) {
      return [i, error];
    }
  }
}

it.each(["always", "overflow"] as const)(
  "mode %s says that it is full, and when it is not any more",
  async (mode) => {
    await world.receive();
    const outbox = await world.open({ mode, maxBytes: MOST, ...(mode === "overflow" && { threshold: 0 }) });
    const nc = await world.connect(outbox);
    await world.cut(nc);
    await until(() => outbox.engaged, "the outbox's turn");
    const [taken, refusal] = fill((payload) => nc.publish("n", payload));
    expect(refusal).toEqual(FULL);
    expect(await rejection(nc.publishDurable("n", "x".repeat(1000)))).toEqual(FULL);
    expect(nc.stats()).toMatchObject({ rejected: 1, pending: 0 });
    const order: string[] = [];
    void nc.writable().then(() => order.push("writable"));
    void nc.flush({ timeout: 1 }).catch(() => order.push("a millisecond later"));
    await until(() => order.length > 0, "a millisecond");
    await world.mend(nc);
    await until(() => order.length === 2, "room");
    expect(order).toEqual(["a millisecond later", "writable"]);
    nc.publish("n", `${taken}`.padEnd(1000));
    await outbox.empty({ timeout: 10_000 });
    await world.arrived(taken + 1);
  },
);

it("nobody waits for room longer than the connection lives", async () => {
  const outbox = await world.open({ mode: "always", maxBytes: MOST });
  const nc = await world.connect(outbox);
  await world.cut(nc);
  fill((payload) => nc.publish("n", payload));
  const room = nc.writable();
  await nc.close();
  await room;
});

it("what is critical is never in it: sent past what is held, or refused", async () => {
  await world.receive("n.*");
  const outbox = await world.open({ mode: "always" });
  const nc = await world.connect(outbox);
  nc.publish("n.critical", "0", { critical: true });
  await nc.flush();
  expect(outbox.stats().stored).toBe(0);
  await world.arrived(1);
  await world.cut(nc);
  expect(() => nc.publish("n.critical", "1", { critical: true })).toThrow(
    expect.objectContaining({ code: "DISCONNECTED" }),
  );
  expect(outbox.stats().stored).toBe(0);
});
