import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { headers } from "../../../src/index.js";
import { expectBalanced } from "../../support/books.js";
import { Outage } from "../../support/outage.js";
import { publishNumbers } from "../../support/publisher.js";
import { until } from "../../support/until.js";
import { MemoryOutbox } from "./memory-outbox.js";

const numbers = (to: number) => Array.from({ length: to }, (_, i) => String(i));

describe("an outbox as overflow", () => {
  it("takes what has no room, and all that follows until that is sent: everything arrives once, in order", async () => {
    const outbox = new MemoryOutbox();
    await using outage = await Outage.prepare({ outbox, maxBufferedMessages: 10 });
    const { nc, got } = outage;
    publishNumbers(nc, "a", 0, 5);
    await nc.flush();
    expect(outbox.offered).toEqual([]);
    await outage.begin();
    publishNumbers(nc, "a", 5, 100);
    expect(outbox.held).toHaveLength(85);
    expect(nc.stats()).toMatchObject({ accepted: 15, overflowed: 85, rejected: 0, recovered: 0 });
    await outage.server.restart();
    await until(() => !outbox.engaged, "that it is empty");
    publishNumbers(nc, "a", 100, 120);
    await nc.flush();
    await until(() => got.length >= 120, "the last");
    expect(got).toEqual(numbers(120));
    expect(expectBalanced(nc)).toMatchObject({ accepted: 120, confirmed: 120, recovered: 85 });
  });

  it("that lets pass what must not be written twice leaves it to the buffer", async () => {
    const outbox = new MemoryOutbox();
    await using outage = await Outage.prepare({ outbox, maxBufferedMessages: 2 });
    const { nc } = outage;
    await outage.begin();
    outbox.engaged = true;
    expect(nc.publish("a", "once", { replay: false })).toBe(true);
    nc.publish("a", "twice", { ttl: 60_000 });
    expect(outbox.offered.map(({ replay, ttl }) => ({ replay, ttl }))).toEqual([
      { replay: false, ttl: undefined },
      { replay: true, ttl: 60_000 },
    ]);
    nc.publish("a", "once", { replay: false });
    expect(() => nc.publish("a", "once", { replay: false })).toThrow(
      expect.objectContaining({ code: "BUFFER_FULL" }),
    );
    expect(expectBalanced(nc)).toMatchObject({ accepted: 2, pending: 2, overflowed: 1, rejected: 1 });
    // What it still holds must not keep the end of the test.
    outbox.held.length = 0;
    outbox.engaged = false;
  });

  it("is not asked about its own messages", async () => {
    const outbox = new MemoryOutbox();
    await using outage = await Outage.prepare({ outbox, maxBufferedMessages: 1 });
    const { nc } = outage;
    await outage.begin();
    nc.publish("a", "0", { bypassOverflow: true });
    expect(() => nc.publish("a", "1", { bypassOverflow: true })).toThrow(
      expect.objectContaining({ code: "BUFFER_FULL" }),
    );
    expect(outbox.offered).toEqual([]);
  });

  it("that takes everything, also while there is room, is no overflow to tell of", async () => {
    const outbox = new MemoryOutbox(true);
    await using outage = await Outage.prepare({ outbox });
    const { nc, got } = outage;
    let told = 0;
    nc.on("overflow", () => told++);
    publishNumbers(nc, "a", 0, 50);
    await turn();
    expect(outbox.held).toHaveLength(50);
    outbox.send();
    await until(() => got.length === 50, "all");
    expect(expectBalanced(nc)).toMatchObject({ accepted: 50, overflowed: 50, recovered: 50 });
    expect(told).toBe(0);
  });

  it("gets headers that it can publish as they are", async () => {
    const outbox = new MemoryOutbox(true);
    await using outage = await Outage.prepare({ outbox });
    const { nc } = outage;
    const sub = nc.subscribe("b", { max: 1 });
    const hdrs = headers();
    hdrs.append("Trace", "one");
    hdrs.append("Trace", "two");
    await nc.flush();
    nc.publish("b", "x", { headers: hdrs, reply: "answer" });
    expect(outbox.held).toHaveLength(1);
    outbox.send();
    for await (const msg of sub) {
      expect(msg.headers?.values("Trace")).toEqual(["one", "two"]);
      expect([msg.reply, msg.string()]).toEqual(["answer", "x"]);
    }
  });
});
