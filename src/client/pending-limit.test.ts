import { describe, expect, it } from "vitest";
import { subscriptionWorld as world } from "../testing/worlds/subscription-world.js";
import { checkOptions, checkPendingLimit } from "./check-options.js";
import { DEFAULT_LIMIT, type PendingLimit, toLimit } from "./pending-limit.js";
import { checkSubscription } from "./subscription-options.js";

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => String(from + i).padStart(4, "0"));

/** What is read until nothing waits. */
async function readAll(subscription: ReturnType<typeof world>["subscription"]): Promise<string[]> {
  const reader = subscription[Symbol.asyncIterator]();
  const got: string[] = [];
  while (subscription.getPending() > 0) got.push((await reader.next()).value.string());
  return got;
}

/** A callback whose promises the test settles. */
function slowCallback() {
  const open: (() => void)[] = [];
  const got: string[] = [];
  const callback = (_error: Error | null, msg: { string(): string }) => {
    got.push(msg.string());
    return new Promise<void>((resolve) => open.push(resolve));
  };
  const settle = async (count: number) => {
    for (const resolve of open.splice(0, count)) resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { callback, got, settle };
}

describe("option pendingLimit", () => {
  it("is completed: by the connection's, and by the defaults of nats.go [parity 164, 166]", () => {
    expect(DEFAULT_LIMIT).toEqual({ messages: 500_000, bytes: 67_108_864, dropOldest: false });
    expect(toLimit(undefined, DEFAULT_LIMIT)).toBe(DEFAULT_LIMIT);
    const mine = toLimit({ messages: 5, policy: "drop-oldest" }, DEFAULT_LIMIT);
    expect(mine).toEqual({ messages: 5, bytes: 67_108_864, dropOldest: true });
    expect(toLimit({ bytes: 7, policy: undefined }, mine)).toEqual({
      messages: 5,
      bytes: 7,
      dropOldest: true,
    });
    expect(toLimit({ policy: "drop-newest" }, mine)).toEqual({ ...mine, dropOldest: false });
  });

  it.each([-1, Number.POSITIVE_INFINITY])("%d lifts a limit [parity 166]", (value) => {
    const limit = checkPendingLimit({ messages: value, bytes: value })!;
    expect(toLimit(limit, DEFAULT_LIMIT)).toMatchObject({ messages: Infinity, bytes: Infinity });
  });

  it.each<[string, unknown]>([
    ...[0, -2, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, 1e12, "5", null, [1], {}].flatMap(
      (value): [string, unknown][] => [
        ["pendingLimit.messages", { messages: value }],
        ["pendingLimit.bytes", { bytes: value }],
      ],
    ),
    ["pendingLimit.policy", { policy: "drop-all" }],
    ["pendingLimit.policy", { policy: 1 }],
    ["pendingLimit.message", { message: 5 }],
    ["pendingLimit", 5],
    ["pendingLimit", null],
    ["pendingLimit", []],
    ["pendingLimit", "drop-oldest"],
  ])("%s is refused: %o [parity 166]", (option, pendingLimit) => {
    const refusal = expect.objectContaining({ code: "INVALID_OPTION", detail: { option } });
    expect(() => checkSubscription({ pendingLimit: pendingLimit as PendingLimit })).toThrow(refusal);
    expect(() => checkOptions({ pendingLimit })).toThrow(refusal);
  });

  it("names what was meant", () => {
    expect(() => checkOptions({ pendingLimit: { mesages: 1 } })).toThrow("pendingLimit.messages");
  });
});

describe("a queue at its limit", () => {
  it("drops the newest, goes on, and keeps the sum [parity 168]", async () => {
    const { host, subscription, counted, check } = world({ pendingLimit: { messages: 3 } });
    counted(...numbers(0, 10));
    expect([subscription.getPending(), subscription.getDropped(), subscription.getReceived()]).toEqual([
      3, 7, 10,
    ]);
    expect(host.slow).toEqual([{ pending: 3, dropped: 1 }]);
    expect(await readAll(subscription)).toEqual(numbers(0, 3));
    check();
    counted("more");
    expect(subscription.getPending()).toBe(1);
  });

  it("drops the oldest, by choice", async () => {
    const { host, subscription, counted } = world({ pendingLimit: { messages: 3, policy: "drop-oldest" } });
    counted(...numbers(0, 10));
    expect([subscription.getPending(), subscription.getDropped()]).toEqual([3, 7]);
    expect(host.slow).toEqual([{ pending: 2, dropped: 1 }]);
    expect(await readAll(subscription)).toEqual(numbers(7, 10));
  });

  it("counts headers and payload in bytes, and drops as many of the oldest as it takes", async () => {
    const newest = world({ pendingLimit: { bytes: 10 } });
    newest.counted("aaaa", "bbbb", "cccc", "dd", "e");
    expect(await readAll(newest.subscription)).toEqual(["aaaa", "bbbb", "dd"]);
    const oldest = world({ pendingLimit: { bytes: 10, policy: "drop-oldest" } });
    oldest.counted("aaaa", "bbbb", "c", "1234567");
    expect(oldest.subscription.getDropped()).toBe(2);
    expect(await readAll(oldest.subscription)).toEqual(["c", "1234567"]);
  });

  it.each(["drop-newest", "drop-oldest"] as const)("drops what is too large alone, %s", async (policy) => {
    const { host, subscription, counted } = world({ pendingLimit: { bytes: 4, policy } });
    const waiting = subscription[Symbol.asyncIterator]().next();
    counted("too large", "too large again", "ok");
    expect(subscription.getDropped()).toBe(2);
    expect(host.slow).toEqual([{ pending: 0, dropped: 1 }]);
    expect((await waiting).value.string()).toBe("ok");
  });

  it("is unlimited on demand, and limited by the connection otherwise", () => {
    const free = world({ pendingLimit: { messages: -1, bytes: Infinity } });
    free.host.pendingLimit = { messages: 1, bytes: 1, dropOldest: false };
    free.counted(...numbers(0, 2000));
    expect(free.subscription.getDropped()).toBe(0);
  });

  it("keeps the sum when the loop is left, and when the subscription ends [parity 168]", async () => {
    const { host, subscription, counted, check } = world({ pendingLimit: { messages: 5 } });
    counted(...numbers(0, 8));
    for await (const _ of subscription) break;
    expect(host.asked).toEqual(["unsubscribe undefined"]);
    expect([subscription.getProcessed(), subscription.getPending(), subscription.getDropped()]).toEqual([
      1, 0, 7,
    ]);
    check();
    counted("late");
  });

  it("bears a listener that ends the subscription", () => {
    for (const policy of ["drop-newest", "drop-oldest"] as const) {
      const { host, subscription, counted } = world({ pendingLimit: { messages: 2, policy } });
      host.onSlow = () => subscription.onEnd(undefined);
      counted(...numbers(0, 3));
      expect(subscription.isClosed()).toBe(true);
    }
  });

  it("drains: what waits is read, what was dropped is not waited for", async () => {
    const { subscription, counted } = world({ pendingLimit: { messages: 2 } });
    counted(...numbers(0, 5));
    const loop = (async () => {
      for await (const _ of subscription);
    })();
    const drained = subscription.drain();
    subscription.onEnd(undefined);
    await Promise.all([loop, drained]);
    expect([subscription.getProcessed(), subscription.getDropped()]).toEqual([2, 3]);
  });
});

describe("an episode", () => {
  it.each(["drop-newest", "drop-oldest"] as const)(
    "is one while the queue hovers at the limit, %s [parity 165]",
    async (policy) => {
      const { host, subscription, counted } = world({ pendingLimit: { messages: 10, policy } });
      const reader = subscription[Symbol.asyncIterator]();
      counted(...numbers(0, 15));
      for (let i = 0; i < 50; i++) {
        await reader.next();
        counted("x", "y");
      }
      expect(host.slow).toHaveLength(1);
    },
  );

  it("is over when the queue is down to half", async () => {
    const { host, subscription, counted } = world({ pendingLimit: { messages: 10 } });
    const reader = subscription[Symbol.asyncIterator]();
    counted(...numbers(0, 11));
    for (let i = 0; i < 4; i++) await reader.next();
    counted(...numbers(0, 5));
    expect(host.slow).toHaveLength(1);
    for (let i = 0; i < 5; i++) await reader.next();
    counted(...numbers(0, 6));
    expect(host.slow).toEqual([
      { pending: 10, dropped: 1 },
      { pending: 10, dropped: 3 },
    ]);
  });

  it("by the option slow is one of its own, before anything is dropped", () => {
    const { host, counted } = world({ slow: 2, pendingLimit: { messages: 5 } });
    counted(...numbers(0, 10));
    expect(host.slow).toEqual([
      { pending: 3, dropped: 0 },
      { pending: 5, dropped: 1 },
    ]);
  });

  it("by the option slow does not end while as much waits, or more", async () => {
    const { host, subscription, counted } = world({ slow: 10 });
    const reader = subscription[Symbol.asyncIterator]();
    counted(...numbers(0, 11));
    for (let i = 0; i < 20; i++) {
      await reader.next();
      counted("x");
    }
    expect(host.slow).toHaveLength(1);
  });
});

describe("a callback that returns promises", () => {
  it.each(["drop-newest", "drop-oldest"] as const)(
    "has no more at work than the limit, %s [parity 167]",
    async (policy) => {
      const { callback, got, settle } = slowCallback();
      const { host, subscription, counted, check } = world({
        callback,
        pendingLimit: { messages: 3, policy },
      });
      counted(...numbers(0, 10));
      expect(got).toEqual(numbers(0, 3));
      expect([subscription.getProcessed(), subscription.getPending(), subscription.getDropped()]).toEqual([
        0, 3, 7,
      ]);
      expect(host.slow).toEqual([{ pending: 3, dropped: 1 }]);
      await settle(2);
      check();
      expect([subscription.getProcessed(), subscription.getPending()]).toEqual([2, 1]);
      counted(...numbers(10, 13));
      expect(host.slow).toHaveLength(2);
      await settle(9);
      expect(subscription.getPending()).toBe(0);
      check();
    },
  );

  it("is held to the bytes as well, and to `slow`", async () => {
    const { callback, got, settle } = slowCallback();
    const { host, counted } = world({ callback, slow: 1, pendingLimit: { bytes: 10 } });
    counted("aaaa", "bbbb", "cccc", "dd");
    expect(got).toEqual(["aaaa", "bbbb", "dd"]);
    expect(host.slow).toEqual([
      { pending: 2, dropped: 0 },
      { pending: 2, dropped: 1 },
    ]);
    await settle(3);
    counted("1234567890", "x");
    expect(got.at(-1)).toBe("1234567890");
  });

  it("that does not return promises is never too slow [parity 167]", () => {
    let got = 0;
    const { host, subscription, counted } = world({
      callback: () => got++,
      pendingLimit: { messages: 1, bytes: 4 },
    });
    counted(...numbers(0, 100));
    expect([got, subscription.getProcessed(), host.slow.length]).toEqual([100, 100, 0]);
    counted("too large");
    expect([got, subscription.getDropped()]).toEqual([100, 1]);
  });
});
