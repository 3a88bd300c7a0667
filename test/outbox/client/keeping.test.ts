import { describe, expect, it } from "vitest";
import { type ConnectionOptions, connect, type LostMessage } from "../../../src/index.js";
import { NatsServer } from "../../../src/testing/server.js";
import { expectBalanced } from "../../support/books.js";
import { Outage } from "../../support/outage.js";
import { until } from "../../support/until.js";
import { MemoryOutbox } from "./memory-outbox.js";

/** How a connection ends in the middle of an outage. */
const ENDS: [string, ConnectionOptions, (outage: Outage) => Promise<unknown>][] = [
  ["close() past its timeout", {}, ({ nc }) => nc.close({ timeout: 20 })],
  ["drain() past its timeout", {}, ({ nc }) => nc.drain({ timeout: 20 })],
  ["giving up", { maxReconnectAttempts: 2 }, ({ nc }) => nc.closed()],
];

describe("the end of a connection with an outbox", () => {
  it.each(ENDS)(
    "by %s leaves it what could not be sent, and the next one sends it",
    async (_how, options, end) => {
      const outbox = new MemoryOutbox();
      await using outage = await Outage.prepare({ outbox, maxBufferedMessages: 3, ...options });
      const { nc } = outage;
      const lost: LostMessage[] = [];
      nc.on("messageLost", (messages) => lost.push(...messages));
      const closes: unknown[] = [];
      nc.on("close", (_error, info) => closes.push(info));
      // In the very moment: one that gives up may have done so when this process hears that the server is gone.
      let confirmed: Promise<unknown> | undefined;
      let held = 0;
      nc.once("disconnect", () => {
        confirmed = nc.publishConfirmed("a", "0").catch((error: unknown) => error);
        for (let i = 1; i < 6; i++) nc.publish("a", String(i));
        held = outbox.held.length;
      });
      await outage.server.kill();
      await until(() => confirmed !== undefined, "the outage");
      expect(held).toBe(3);
      await end(outage);
      expect(await confirmed).toMatchObject({ code: "OVERFLOWED" });
      expect(outbox.kept).toEqual([
        ["a", false],
        ["a", false],
        ["a", false],
      ]);
      const stats = expectBalanced(nc);
      expect(stats).toMatchObject({ accepted: 3, dropped: 3, unconfirmed: 0, pending: 0, overflowed: 3 });
      expect(stats.dropReasons).toMatchObject({ kept: 3, closed: 0 });
      expect(lost).toEqual([]);
      expect(closes).toMatchObject([{ dropped: 0, unconfirmed: 0 }]);

      await outage.server.restart();
      const got: string[] = [];
      const next = await connect({ servers: outage.server.url });
      next.subscribe("a", { callback: (_, msg) => got.push(msg.string()) });
      await next.flush();
      const sender = await connect({ servers: outage.server.url, outbox });
      await sender.flush();
      await until(() => got.length >= 6, "all");
      expect(got).toEqual(["0", "1", "2", "3", "4", "5"]);
      expect(expectBalanced(sender)).toMatchObject({ accepted: 6, confirmed: 6, recovered: 6 });
      await Promise.all([next.close(), sender.close()]);
    },
  );

  it("says of what a server may have that it may", async () => {
    const outbox = new MemoryOutbox();
    await using server = await NatsServer.start();
    const nc = await connect({ servers: server.url, outbox });
    await nc.flush();
    server.stop();
    nc.publish("a", "sent");
    await until(() => nc.stats().outMsgs > 0, "that it is written");
    nc.publish("a", "once", { replay: false });
    await nc.close({ timeout: 20 });
    server.cont();
    expect(outbox.kept).toEqual([["a", true]]);
    expect(expectBalanced(nc)).toMatchObject({ accepted: 2, pending: 0 });
    expect(nc.stats().dropReasons.kept).toBe(1);
  });

  it("leaves it no request, and nothing that must not come twice", async () => {
    const outbox = new MemoryOutbox();
    await using outage = await Outage.prepare({ outbox });
    const { nc } = outage;
    await outage.begin();
    const request = nc.request("ask", "", { timeout: 5000 }).catch((error: unknown) => error);
    nc.publish("a", "once", { replay: false });
    nc.publish("$JS.ACK.s.c.1.1.1.1.0", "+ACK");
    await nc.close({ timeout: 20 });
    expect(await request).toMatchObject({ code: "CONNECTION_CLOSED" });
    expect(outbox.kept).toEqual([]);
    expect(expectBalanced(nc).dropReasons).toMatchObject({ kept: 0, closed: 3 });
  });

  it("reports one that throws, and all ends as it would without it", async () => {
    const outbox = new MemoryOutbox();
    outbox.keep = () => {
      throw new Error("oops");
    };
    await using outage = await Outage.prepare({ outbox });
    const { nc } = outage;
    const errors: Error[] = [];
    const lost: LostMessage[] = [];
    nc.on("error", (error) => errors.push(error));
    nc.on("messageLost", (messages) => lost.push(...messages));
    await outage.begin();
    for (let i = 0; i < 5; i++) nc.publish("a", String(i));
    await nc.close({ timeout: 20 });
    expect(errors.filter(({ message }) => message.includes("oops"))).toMatchObject([
      { code: "CALLBACK_FAILED", option: "outbox" },
    ]);
    expect(lost).toHaveLength(5);
    expect(expectBalanced(nc).dropReasons).toMatchObject({ kept: 0, closed: 5 });
  });
});
