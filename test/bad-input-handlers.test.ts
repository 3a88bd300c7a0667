import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Connection, connect } from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { Cleanup } from "./support/cleanup.js";
import { expectNoProblems } from "./support/problems.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100, drainTimeout: 500 };

expectNoProblems();
beforeEach(() => {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("a handler of messages, in the middle of one read", () => {
  /** Sends so many messages in one write, after which `act` is called for number `at`. */
  async function inOneRead(
    act: (nc: Connection, number: number) => unknown,
  ): Promise<{ got: number[]; others: number; nc: Connection }> {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const sender = cleanup.use(await connect({ servers: server.url }));
    const nc = cleanup.use(await connect({ servers: server.url, ...EAGER }));
    const got: number[] = [];
    let others = 0;
    nc.subscribe("a", {
      callback: (_, msg) => {
        const number = Number(msg.string());
        got.push(number);
        return act(nc, number);
      },
    });
    nc.subscribe("a", { callback: () => others++ });
    await nc.flush();
    publishNumbers(sender, "a", 0, 500);
    await sender.flush();
    await until(
      () => nc.isClosed() || nc.isDraining() || nc.stats().reconnects > 0 || others === 500,
      "the end",
    );
    if (!nc.isClosed() && !nc.isDraining()) await nc.flush();
    await nc.close();
    expectBalanced(nc);
    return { got, others, nc };
  }

  const ALL_OF_THEM = Array.from({ length: 500 }, (_, i) => i);

  it("throws each time: all are handed over, to the others as well", async () => {
    const { got, others } = await inOneRead((_, number) => {
      throw new Error(String(number));
    });
    expect([got, others]).toEqual([ALL_OF_THEM, 500]);
  });

  it("rejects, or never settles", async () => {
    const { got, others } = await inOneRead((_, number) =>
      number % 2 === 0 ? Promise.reject(new Error("no")) : new Promise(() => {}),
    );
    expect([got, others]).toEqual([ALL_OF_THEM, 500]);
  });

  it("closes the connection: nothing more comes", async () => {
    const { got, nc } = await inOneRead((nc, number) => number === 100 && nc.close());
    expect(got.slice(0, 101)).toEqual(ALL_OF_THEM.slice(0, 101));
    expect(nc.isClosed()).toBe(true);
  });

  it("drains the connection: what was on its way comes, in order", async () => {
    const { got } = await inOneRead((nc, number) => {
      if (number === 100) nc.drain().catch(() => {});
    });
    expect(got).toEqual(ALL_OF_THEM.slice(0, got.length));
    expect(got.length).toBeGreaterThan(100);
  });

  it("reconnects: what was read comes, and the books hold", async () => {
    const { got } = await inOneRead((nc, number) => {
      if (number === 100) nc.reconnect();
    });
    expect(got).toEqual(ALL_OF_THEM.slice(0, got.length));
    expect(got.length).toBeGreaterThan(100);
  });

  it("publishes and asks for each message", async () => {
    const { got, nc } = await inOneRead((nc, number) => {
      nc.publish("b", String(number));
      if (number % 100 === 0) nc.request("nobody", "", { timeout: 50 }).catch(() => {});
    });
    expect(got).toEqual(ALL_OF_THEM);
    expect(nc.stats().accepted).toBe(505);
  });

  it.each([
    ["unsubscribe()", (sub: { unsubscribe(max?: number): void }) => sub.unsubscribe()],
    ["unsubscribe(101)", (sub: { unsubscribe(max?: number): void }) => sub.unsubscribe(101)],
  ])("%s in message 100: not one more, and the others get all", async (_, end) => {
    await using cleanup = new Cleanup();
    const server = cleanup.use(await NatsServer.start());
    const nc = cleanup.use(await connect({ servers: server.url, ...EAGER }));
    let got = 0;
    let others = 0;
    const sub = nc.subscribe("a", {
      callback: () => {
        if (++got === 101) end(sub);
      },
    });
    nc.subscribe("a", { callback: () => others++ });
    publishNumbers(nc, "a", 0, 500);
    await nc.flush();
    expect([got, others, sub.isClosed()]).toEqual([101, 500, true]);
    expectBalanced(nc);
  });
});
