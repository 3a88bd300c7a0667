import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Connection, connect, type Subscription } from "../../src/index.js";
import { NatsServer } from "../../src/testing/server.js";
import { Recorder } from "../support/recorder.js";
import { until } from "../support/until.js";

let server: NatsServer;
let nc: Connection;
let publisher: Connection;
beforeAll(async () => {
  server = await NatsServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  nc = await connect({ servers: server.url, drainTimeout: 2_000 });
  publisher = await connect({ servers: server.url });
});
afterEach(() => Promise.all([nc.close(), publisher.close()]));

async function send(count: number, subject = "a"): Promise<void> {
  await nc.flush();
  for (let i = 0; i < count; i++) publisher.publish(subject, String(i));
  await publisher.flush();
  await nc.flush();
}

describe("the end of a subscription", () => {
  const forms: [string, () => Subscription][] = [
    ["a callback", () => nc.subscribe("a", { callback: () => {} })],
    [
      "a loop",
      () => {
        const sub = nc.subscribe("a");
        (async () => {
          for await (const _ of sub);
        })();
        return sub;
      },
    ],
    ["nobody", () => nc.subscribe("a")],
  ];
  const ends: [string, (sub: Subscription) => unknown][] = [
    ["unsubscribe()", (sub) => sub.unsubscribe()],
    ["its drain()", (sub) => void sub.drain()],
    ["close()", () => nc.close()],
    ["drain() of the connection", () => nc.drain()],
  ];
  const cases = forms.flatMap(([form, make]) => ends.map(([name, end]) => ({ form, make, name, end })));

  it.each(cases)(
    "read by $form is told after $name, once and for good [parity 169, 170]",
    async ({ make, end }) => {
      const sub = make();
      let told = 0;
      void sub.closed.then(() => told++);
      await send(3);
      expect([told, sub.isClosed()]).toEqual([0, false]);
      const ended = end(sub);
      await sub.closed;
      await ended;
      expect([told, sub.isClosed(), await sub.closed]).toEqual([1, true, undefined]);
    },
  );
});

describe("a reader that waits", () => {
  it("is let go at once by close(), and by unsubscribe() [parity 162]", async () => {
    const waits = [nc.subscribe("a"), nc.subscribe("b")].map((sub) => ({
      sub,
      next: sub[Symbol.asyncIterator]().next(),
    }));
    waits[0].sub.unsubscribe();
    expect((await waits[0].next).done).toBe(true);
    await nc.close();
    expect((await waits[1].next).done).toBe(true);
  });
});

describe("what waits in a subscription", () => {
  it("is counted exactly, and cleared at the end [parity 168]", async () => {
    const sub = nc.subscribe("a");
    await send(10);
    expect([sub.getReceived(), sub.getPending(), sub.getProcessed()]).toEqual([10, 10, 0]);
    const iterator = sub[Symbol.asyncIterator]();
    for (let i = 0; i < 4; i++) await iterator.next();
    expect(sub.getPending() + sub.getProcessed()).toBe(10);
    expect(sub.getPending()).toBe(6);
    await nc.close();
    expect(sub.getReceived()).toBe(10);
    expect(sub.getReceived()).toBe(sub.getProcessed() + sub.getPending() + sub.getDropped());
  });

  it("beyond the limit does not keep anyone from publishing; what is dropped is counted [parity 165, 171, 177]", async () => {
    const recorder = new Recorder(nc, ["slowConsumer"]);
    const sub = nc.subscribe("a", { pendingLimit: { messages: 10 } });
    for (let i = 0; i < 1_000; i++) nc.publish("a", String(i));
    await nc.flush();
    expect(nc.stats()).toMatchObject({ accepted: 1_000, confirmed: 1_000 });
    expect([sub.getPending(), sub.getDropped()]).toEqual([10, 990]);
    expect(recorder.count("slowConsumer")).toBe(1);
    sub.unsubscribe();
    await send(5);
    expect(sub.getDropped()).toBe(990);
  });
});

describe("what flush() has seen", () => {
  it("has been handed to the callbacks of the connection before it resolves [parity 174]", async () => {
    const got: string[] = [];
    nc.subscribe("a", { callback: (_, msg) => void got.push(msg.string()) });
    for (let i = 0; i < 100; i++) nc.publish("a", String(i));
    await nc.flush();
    expect(got).toHaveLength(100);
  });
});

describe("drain() of a connection", () => {
  it("bears subscriptions with a max: reached, not reached, just made [parity 182]", async () => {
    const recorder = new Recorder(nc, ["error", "slowConsumer"]);
    const counts = [0, 0, 0];
    nc.subscribe("a", { max: 5, callback: () => counts[0]++ });
    nc.subscribe("a", { max: 50, callback: () => counts[1]++ });
    await send(10);
    nc.subscribe("a", { max: 1, callback: () => counts[2]++ });
    await nc.drain();
    expect(counts).toEqual([5, 10, 0]);
    expect(recorder.names()).toEqual([]);
  });

  it("of 10,000 messages hands over each once, while somebody goes on publishing, and none after it [parity 186]", async () => {
    let [count, after] = [0, 0];
    let ended = false;
    const seen = new Set<string>();
    nc.subscribe("a", {
      callback: (_, msg) => {
        seen.add(msg.string());
        count++;
        if (ended) after++;
      },
    });
    await nc.flush();
    for (let i = 0; i < 10_000; i++) publisher.publish("a", String(i));
    await publisher.flush();
    const writer = setInterval(() => publisher.publish("b", "x"), 1);
    await nc.drain({ timeout: 30_000 });
    ended = true;
    clearInterval(writer);
    await publisher.flush();
    expect([count, seen.size, after]).toEqual([10_000, 10_000, 0]);
  });

  it("on an idle connection is done at once [parity 186]", async () => {
    const idle = await connect({ servers: server.url, drainTimeout: 60_000 });
    idle.subscribe("a", { callback: () => {} });
    await idle.flush();
    const since = performance.now();
    await idle.drain();
    expect(performance.now() - since).toBeLessThan(10_000);
  });

  it("of a handler that never ends is given up at drainTimeout, and closes [parity 183]", async () => {
    const slow = await connect({ servers: server.url, drainTimeout: 50 });
    slow.subscribe("a", { callback: () => new Promise(() => {}) });
    await slow.flush();
    publisher.publish("a");
    await until(() => slow.stats().inMsgs === 1, "the message");
    await slow.drain();
    expect(slow.isClosed()).toBe(true);
  });
});
