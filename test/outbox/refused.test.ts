import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headers } from "../../src/index.js";
import { until } from "../support/until.js";
import { expectOutboxBalanced, OutboxWorld } from "./world.js";

let world: OutboxWorld;
beforeEach(async () => {
  world = await OutboxWorld.make({
    maxPayload: 2048,
    config: `authorization { users: [
      { user: all, password: x }
      { user: some, password: x, permissions: { publish: { deny: ["secret.>"] } } }
    ] }`,
  });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const ALL = { user: "all", pass: "x" };
const SOME = { user: "some", pass: "x" };

describe("a message that a server refuses for good", () => {
  it("is parked, told, and the others go on", async () => {
    await world.receive("n", ALL);
    const outbox = await world.open({ mode: "always" });
    const parked: [string, string][] = [];
    outbox.on("parked", ({ subject, reason }) => parked.push([subject, reason]));
    const nc = await world.connect(outbox, SOME);
    for (let i = 0; i < 100; i++) {
      nc.publish("n", String(i));
      if (i % 10 === 0) nc.publish(`secret.${i % 3}`, "x");
    }
    await outbox.empty({ timeout: 10_000 });
    await world.arrived(100);
    await until(() => parked.length === 10, "the parked ones");
    expect(parked[0]).toEqual(["secret.0", expect.stringMatching(/permissions violation/i)]);
    expect(outbox.stats()).toMatchObject({ refused: 10, parked: 10, confirmed: 100, messages: 0 });
    expectOutboxBalanced(outbox);
    await nc.close();
    await outbox.close();
    // It stays on disk, and is not sent by the next one either.
    const next = await world.open({ mode: "always" });
    expect(next.stats()).toMatchObject({ recovered: 0, parked: 10, messages: 0 });
    const again = await world.connect(next, ALL);
    await again.flush();
    expect(next.stats().parked).toBe(10);
  });

  it("is parked when it has become too large, or headers are not taken any more", async () => {
    await world.receive("n", ALL);
    const outbox = await world.open({ mode: "always" });
    const parked: string[] = [];
    outbox.on("parked", ({ reason }) => parked.push(reason));
    const nc = await world.connect(outbox, ALL);
    await world.cut(nc);
    await nc.publishDurable("n", "0");
    await nc.publishDurable("n", "x".repeat(1500));
    const hdrs = headers();
    hdrs.set("a", "b");
    await nc.publishDurable("n", "x", { headers: hdrs });
    await nc.publishDurable("n", "1");
    world.proxy.addToxic({ type: "rewrite_info", info: { max_payload: 1000, headers: false } });
    await world.mend(nc);
    await outbox.empty({ timeout: 10_000 });
    await world.arrived(2);
    expect(parked).toEqual([expect.stringContaining("max_payload"), expect.stringContaining("headers")]);
    expectOutboxBalanced(outbox);
  });

  it("does not make others doubtful that were refused or dropped without the outbox", async () => {
    await world.receive("n", ALL);
    const outbox = await world.open({ mode: "always" });
    const nc = await world.connect(outbox, SOME);
    for (let i = 0; i < 200; i++) {
      nc.publish("n", String(i));
      nc.publish("secret.direct", "x", { replay: false });
    }
    await outbox.empty({ timeout: 10_000 });
    await world.arrived(200);
    expect(outbox.stats()).toMatchObject({ confirmed: 200, refused: 0, parked: 0 });
  });
});
