import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type Connection,
  type ConnectionOptions,
  connect,
  type EventName,
  Events,
  type Listener,
} from "../src/index.js";
import { NatsServer } from "../src/testing/server.js";
import { expectBalanced } from "./support/books.js";
import { Cleanup } from "./support/cleanup.js";
import { FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { cutLinks } from "./support/inside.js";
import { Outage } from "./support/outage.js";
import { Problems } from "./support/problems.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100, drainTimeout: 500 };
const EVERY = Object.values(Events);

let problems: Problems;
beforeEach(() => {
  problems = new Problems();
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(async () => {
  await problems.expectNone();
  problems[Symbol.dispose]();
  vi.restoreAllMocks();
});

/** Makes every event happen, and the connection come back behind it. */
async function everything(act: (nc: Connection, event: EventName, args: unknown[]) => unknown): Promise<{
  seen: Set<EventName>;
  nc: Connection;
}> {
  await using cleanup = new Cleanup();
  let maxPings = Number.POSITIVE_INFINITY;
  const fake = cleanup.use(await FakeServer.start((link) => speaksNats({}, maxPings)(link)));
  const options: ConnectionOptions = {
    partitionThreshold: 0,
    moveSettle: 1,
    maxBufferedMessages: 5,
    overflow: "drop-oldest",
  };
  const seen = new Set<EventName>();
  const nc = await connect({
    servers: fake.url,
    ...EAGER,
    ...options,
    connectedCb: (...args) => {
      seen.add("connect");
      return act(args[1], "connect", args);
    },
  });
  for (const name of EVERY) {
    nc.on(name, ((...args: unknown[]) => {
      seen.add(name);
      return act(nc, name, args);
    }) as Listener<typeof name>);
  }
  const quietly = (action: () => void) => {
    try {
      action();
    } catch {}
  };
  const over = () => nc.isClosed() || nc.isDraining();
  const sub = over() ? undefined : nc.subscribe("a", { pendingLimit: { messages: 1 } });
  await until(() => over() || fake.last.times("SUB a ") > 0, "the subscription");
  const sid = /SUB a (\d+)/.exec(fake.last.received)?.[1];
  fake.last.send(infoLine({ connect_urls: ["127.0.0.1:1"] }), ...Array(5).fill(`MSG a ${sid} 0\r\n`));
  await until(() => over() || (seen.has("update") && seen.has("slowConsumer")), "update and slowConsumer");
  fake.last.send("-ERR 'Permissions Violation for Publish to \"b\"'");
  await until(() => over() || seen.has("error"), "error");
  sub?.unsubscribe();
  nc.reconnect().catch(() => {});
  await until(() => over() || seen.has("move"), "move");
  fake.last.send(infoLine({ ldm: true }));
  await until(() => over() || seen.has("lameDuck"), "lameDuck");
  maxPings = 1;
  nc.once("disconnect", () => quietly(() => publishNumbers(nc, "a", 0, 50)));
  fake.last.socket.resetAndDestroy();
  await until(() => over() || seen.has("messageLost"), "messageLost");
  await until(() => over() || fake.links.length > 2, "a third link");
  fake.last.socket.resetAndDestroy();
  maxPings = Number.POSITIVE_INFINITY;
  await until(() => over() || (seen.has("partition") && seen.has("attemptFailed")), "the partition");
  quietly(() => publishNumbers(nc, "a", 0, 10));
  await nc.close();
  await nc.closed();
  expectBalanced(nc);
  return { seen, nc };
}

/** Events of links beside the one in use, which need options of their own. */
const SPARES: readonly EventName[] = ["standby", "failback"];

/** What must have happened in a run in which nobody ends the connection. */
const ALL = EVERY.filter((name) => name !== "connect" && !SPARES.includes(name));

describe("a listener, in every event there is", () => {
  it("that throws: an error event each, and the connection goes its way", async () => {
    const { seen, nc } = await everything((_nc, event) => {
      throw new Error(`from ${event}`);
    });
    expect([...seen].sort()).toEqual(["connect", ...ALL].sort());
    expect(nc.stats().reconnects).toBeGreaterThan(0);
  });

  it("that rejects, or hangs for ever", async () => {
    let odd = false;
    const { seen } = await everything((_nc, event) => {
      odd = !odd;
      return odd ? Promise.reject(new Error(`from ${event}`)) : new Promise(() => {});
    });
    for (const name of ALL) expect(seen).toContain(name);
  });

  it.each([undefined, null, 0, "text", Symbol("s"), Object.create(null)])("that throws %s", async (thing) => {
    const { seen } = await everything(() => {
      throw thing;
    });
    for (const name of ALL) expect(seen).toContain(name);
  });

  it("that changes what it is given", async () => {
    const { seen } = await everything((nc, _event, args) => {
      for (const arg of args) {
        if (typeof arg !== "object" || arg === null || arg instanceof Error || arg === nc) continue;
        for (const key of Object.keys(arg)) {
          if (key === "subscription") continue;
          try {
            (arg as Record<string, unknown>)[key] = undefined;
          } catch {}
        }
      }
    });
    for (const name of ALL) expect(seen).toContain(name);
  });

  it("that publishes, subscribes, asks, measures and changes the servers", async () => {
    const { seen } = await everything((nc) => {
      if (nc.isClosed()) return;
      nc.setServers(nc.getServers().map(({ listen }) => listen));
      nc.publish("from.listener", "x");
      nc.subscribe("from.listener", { callback: () => {} }).unsubscribe();
      nc.rtt().catch(() => {});
      nc.flush().catch(() => {});
      nc.request("ask", "", { timeout: 50 }).catch(() => {});
      nc.publishConfirmed("from.listener").catch(() => {});
    });
    for (const name of ALL) expect(seen).toContain(name);
  });

  it.each(EVERY)("that closes the connection in %s", async (when) => {
    const closes: Promise<void>[] = [];
    const { nc } = await everything((nc, event) => {
      if (event === when) closes.push(nc.close());
    });
    await Promise.all(closes);
    expect(nc.isClosed()).toBe(true);
    expect(nc.stats().pending).toBe(0);
  });

  it.each(EVERY)("that drains the connection in %s", async (when) => {
    const drains: Promise<unknown>[] = [];
    const { nc } = await everything((nc, event) => {
      if (event === when) drains.push(nc.drain().catch((error) => error));
    });
    for (const outcome of await Promise.all(drains)) {
      if (outcome !== undefined)
        expect((outcome as { code: string }).code).toMatch(/CONNECTION_(CLOSED|DRAINING)/);
    }
    expect(nc.isClosed()).toBe(true);
  });

  it("that reconnects in many of them, a hundred times", async () => {
    await using outage = await Outage.prepare({ moveSettle: 1 });
    const { nc } = outage;
    let left = 100;
    for (const name of ["move", "reconnect", "state", "serverInfo", "disconnect", "reconnecting"] as const) {
      nc.on(name, () => {
        if (left-- > 0) nc.reconnect();
      });
    }
    publishNumbers(nc, "b", 0, 100);
    await nc.reconnect();
    await until(() => left <= 50, "half of them");
    cutLinks(nc);
    await until(() => left <= 0 && nc.state === "connected", "the end of it");
    await nc.flush();
    expect(expectBalanced(nc)).toMatchObject({ accepted: 100, confirmed: 100 });
  });

  it("that removes and adds listeners while they are called", async () => {
    await using outage = await Outage.prepare();
    const { nc } = outage;
    const calls: string[] = [];
    const second = () => calls.push("second");
    nc.on("disconnect", () => {
      calls.push("first");
      nc.off("disconnect", second);
      nc.on("disconnect", () => calls.push("added"));
    });
    nc.on("disconnect", second);
    nc.on("disconnect", () => calls.push("third"));
    cutLinks(nc);
    await until(() => nc.state === "connected" && calls.length >= 2, "the reconnect");
    expect(calls[0]).toBe("first");
    expect(calls).toContain("third");
    expect(calls).not.toContain("added");
  });
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

describe("beforeReplay", () => {
  async function outageWith(
    beforeReplay: (nc: Connection) => unknown,
    options: ConnectionOptions = {},
  ): Promise<{ errors: string[]; got: string[]; nc: Connection }> {
    await using outage = await Outage.prepare({
      beforeReplay: beforeReplay as () => Promise<void>,
      beforeReplayTimeout: 50,
      ...options,
    });
    const { nc, server, got } = outage;
    const errors: string[] = [];
    nc.on("error", (error) => errors.push((error as { code?: string }).code ?? String(error)));
    await outage.begin();
    publishNumbers(nc, "a", 0, 10);
    await server.restart();
    await until(() => nc.isClosed() || got.length >= 10, "the replay");
    // It may be closed meanwhile.
    await nc.flush().catch((error) => expect(error).toMatchObject({ code: "CONNECTION_CLOSED" }));
    await nc.close();
    expectBalanced(nc);
    return { errors, got, nc };
  }

  const TEN = Array.from({ length: 10 }, (_, i) => String(i));

  it("that never settles: the replay goes on at its deadline", async () => {
    const { errors, got } = await outageWith(() => new Promise(() => {}));
    expect([errors, got]).toEqual([["BEFORE_REPLAY_FAILED"], TEN]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
    ["rejects with nothing", () => Promise.reject()],
    [
      "throws what has no text",
      () => {
        throw Object.create(null);
      },
    ],
  ])("that %s: the replay goes on", async (_, beforeReplay) => {
    const { errors, got } = await outageWith(beforeReplay);
    expect([errors, got]).toEqual([["BEFORE_REPLAY_FAILED"], TEN]);
  });

  it("that rejects after its deadline", async () => {
    let late = () => {};
    const { errors, got } = await outageWith(
      () =>
        new Promise((_, reject) => {
          late = () => reject(new Error("late"));
        }),
    );
    late();
    expect(got).toEqual(TEN);
    expect(errors[0]).toBe("BEFORE_REPLAY_FAILED");
  });

  it("that closes the connection: what waits is reported", async () => {
    const { got, nc } = await outageWith((nc) => nc.close());
    const { dropped, confirmed, unconfirmed } = nc.stats();
    expect(dropped + confirmed + unconfirmed).toBe(10);
    expect(got.length).toBeGreaterThanOrEqual(confirmed);
  });

  it("that drains the connection: it ends, and loses nothing silently", async () => {
    const { nc } = await outageWith((nc) => {
      nc.drain().catch(() => {});
    });
    const { dropped, confirmed, unconfirmed } = nc.stats();
    expect(dropped + confirmed + unconfirmed).toBe(10);
  });

  it("that reconnects, once: it is called again, and everything arrives", async () => {
    let calls = 0;
    const { got } = await outageWith((nc) => {
      if (++calls === 1) nc.reconnect();
    });
    expect(calls).toBeGreaterThanOrEqual(2);
    expect(got).toEqual(TEN);
  });

  it("that publishes: behind what waits", async () => {
    const { got } = await outageWith((nc) => {
      nc.publish("a", "last");
    });
    expect(got.slice(0, 10)).toEqual(TEN);
  });
});
