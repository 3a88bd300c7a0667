import { describe, expect, it } from "vitest";
import { connect } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { expectBalanced } from "../support/books.js";
import { Cleanup } from "../support/cleanup.js";
import { heldBuffers } from "../support/memory.js";
import { publishNumbers } from "../support/publisher.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

describe("row 13: a subscription callback throws", () => {
  it("one error event for each; nothing else changes", async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start());
    const nc = world.use(await connect({ servers: server.url, pingInterval: 400, maxPingOut: 1 }));
    const publisher = world.use(await connect({ servers: server.url }));
    const recorder = new Recorder(nc);
    let [threw, others, read] = [0, 0, 0];
    nc.subscribe("a", {
      callback: () => {
        threw++;
        throw new Error("of the application");
      },
    });
    nc.subscribe("a", { callback: () => others++ });
    nc.subscribe("echo", { callback: (_, msg) => msg.respond(msg.data) });
    const iterated = nc.subscribe("a");
    const reading = (async () => {
      for await (const _ of iterated) read++;
    })();
    await nc.flush();
    // In one read of the client, so that the throw is in the middle of it.
    publishNumbers(publisher, "a", 0, 100);
    await until(() => threw === 100 && others === 100 && read === 100, "all messages, everywhere");
    expect(recorder.count("error")).toBe(100);
    for (const [error] of recorder.of("error")) {
      expect(error).toMatchObject({ code: "CALLBACK_FAILED", cause: new Error("of the application") });
    }
    // Not deaf: it hears answers, PONGs, and the next messages, for longer than the pings bear silence.
    const since = performance.now();
    await until(() => performance.now() - since > 900, "longer than pingInterval × (maxPingOut + 1)");
    expect((await nc.request("echo", "hello")).string()).toBe("hello");
    publisher.publish("a", "100");
    await until(() => threw === 101 && others === 101 && read === 101, "the next message");
    expect(recorder.names("error", "serverInfo")).toEqual([]);
    expectBalanced(nc);
    iterated.unsubscribe();
    await reading;
  });
});

describe("row 12: slow iterator", () => {
  const COUNT = 8_000;
  const SIZE = 10_000;

  it.each([
    ["messages, the newest dropped", { messages: 100 }, 100, "oldest stay"],
    ["messages, the oldest dropped", { messages: 100, policy: "drop-oldest" }, 100, "newest stay"],
    ["bytes, the newest dropped", { bytes: 100 * SIZE }, 100, "oldest stay"],
    ["bytes, the oldest dropped", { bytes: 100 * SIZE, policy: "drop-oldest" }, 100, "newest stay"],
  ] as const)(
    "bounded by a limit of %s, with one event per episode and counters",
    async (_, pendingLimit, limit, which) => {
      await using world = new Cleanup();
      const server = world.use(await NatsServer.start());
      const publisher = world.use(await connect({ servers: server.url }));
      const nc = world.use(await connect({ servers: server.url }));
      const recorder = new Recorder(nc);
      const slow = nc.subscribe("a", { pendingLimit });
      let others = 0;
      nc.subscribe("a", { callback: () => others++ });
      await nc.flush();
      const payload = Buffer.alloc(SIZE);
      const publish = async (from: number, to: number) => {
        for (let i = from; i < to; i++) {
          payload.writeUInt32LE(i);
          if (!publisher.publish("a", payload)) await publisher.writable();
        }
        await publisher.flush();
        await until(() => others === to, "all of it at the other subscription");
      };
      const before = heldBuffers();
      await publish(0, COUNT);
      // 80 MB came in; what waits is 1 MB, in blocks as they were read.
      expect(heldBuffers() - before).toBeLessThan(40_000_000);
      expect(slow.getPending()).toBe(limit);
      expect(slow.getDropped()).toBe(COUNT - limit);
      expect(slow.getReceived()).toBe(COUNT);
      expect(recorder.count("slowConsumer")).toBe(1);
      const [told] = recorder.of("slowConsumer")[0];
      expect(told.subscription).toBe(slow);
      // At the first message that was dropped, be it before or after another one took its place.
      expect([told.pending === limit || told.pending === limit - 1, told.dropped]).toEqual([true, 1]);
      // It reads again: the episode is over, and the next one is told again.
      const reader = slow[Symbol.asyncIterator]();
      const read: number[] = [];
      for (let i = 0; i < limit; i++) read.push(Buffer.from((await reader.next()).value.data).readUInt32LE());
      const first = which === "oldest stay" ? 0 : COUNT - limit;
      expect(read).toEqual(Array.from({ length: limit }, (_, i) => first + i));
      await publish(COUNT, COUNT + limit);
      expect([slow.getPending(), slow.getDropped()]).toEqual([limit, COUNT - limit]);
      expect(recorder.count("slowConsumer")).toBe(1);
      await publish(COUNT + limit, COUNT + 3 * limit);
      expect([slow.getPending(), slow.getDropped()]).toEqual([limit, COUNT + limit]);
      expect(slow.getReceived()).toBe(slow.getProcessed() + slow.getPending() + slow.getDropped());
      expect(recorder.count("slowConsumer")).toBe(2);
      // The connection, and the server, know nothing of it.
      expect(recorder.names("slowConsumer", "serverInfo")).toEqual([]);
      expectBalanced(nc);
      expectBalanced(publisher);
    },
  );

  it("the bound of the connection holds for subscriptions that say nothing", async () => {
    await using world = new Cleanup();
    const server = world.use(await NatsServer.start());
    const nc = world.use(await connect({ servers: server.url, pendingLimit: { messages: 10 } }));
    const recorder = new Recorder(nc);
    const bounded = nc.subscribe("a");
    const own = nc.subscribe("a", { pendingLimit: { messages: 20 } });
    publishNumbers(nc, "a", 0, 100);
    await nc.flush();
    expect([bounded.getPending(), bounded.getDropped()]).toEqual([10, 90]);
    expect([own.getPending(), own.getDropped()]).toEqual([20, 80]);
    expect(recorder.count("slowConsumer")).toBe(2);
    expectBalanced(nc);
  });
});
