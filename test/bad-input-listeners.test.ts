import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type Connection,
  type ConnectionOptions,
  connect,
  type EventName,
  Events,
  type Listener,
} from "../src/index.js";
import { expectBalanced } from "./support/books.js";
import { Cleanup } from "./support/cleanup.js";
import { FakeServer, infoLine, speaksNats } from "./support/fake-server.js";
import { cutLinks } from "./support/inside.js";
import { Outage } from "./support/outage.js";
import { expectNoProblems } from "./support/problems.js";
import { publishNumbers } from "./support/publisher.js";
import { until } from "./support/until.js";

const EAGER = { reconnectTimeWait: 5, reconnectJitter: 0, closeTimeout: 100, drainTimeout: 500 };
const EVERY = Object.values(Events);

expectNoProblems();
beforeEach(() => {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});
afterEach(() => {
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
