import { afterEach, describe, expect, it, vi } from "vitest";
import { CodedError } from "../errors.js";
import { isSettled, turn, subscriptionWorld as world } from "../testing/worlds/subscription-world.js";
import { checkSubscription, type SubscriptionOptions } from "./subscription-options.js";

/** A promise that is no `Promise`. */
function foreign(then: (done: () => void) => void): object {
  return { then };
}

describe("a callback", () => {
  it("is called with every message, at once", () => {
    const got: string[] = [];
    const { subscription, deliver } = world({
      callback: (error, msg) => got.push(`${error} ${msg.subject} ${msg.string()}`),
    });
    deliver("1", "2");
    expect(got).toEqual(["null a.b 1", "null a.b 2"]);
    expect([subscription.getReceived(), subscription.getProcessed(), subscription.getPending()]).toEqual([
      2, 2, 0,
    ]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("oops");
      },
      "oops",
    ],
    ["rejects", () => Promise.reject(new Error("oops")), "oops"],
    [
      "throws a text",
      () => {
        throw "oops";
      },
      "oops",
    ],
    [
      "throws something odd",
      () => {
        throw Object.create(null);
      },
      "",
    ],
    ["rejects with something odd", () => Promise.reject(Object.create(null)), ""],
    [
      "throws a symbol",
      () => {
        throw Symbol("oops");
      },
      "oops",
    ],
  ])("that %s is reported with its subject, and the subscription goes on", async (_what, fail, text) => {
    let calls = 0;
    const { host, subscription, deliver } = world({
      callback: () => {
        calls++;
        return fail();
      },
    });
    deliver("1", "2", "3");
    await turn();
    expect(calls).toBe(3);
    expect(subscription.isClosed()).toBe(false);
    expect(host.reports).toHaveLength(3);
    expect(host.reports[0]).toMatchObject({ code: "CALLBACK_FAILED", subject: "a.b" });
    expect(host.reports[0].message).toContain(text);
    subscription.onEnd(undefined);
    expect(await isSettled(subscription.drain())).toBe(true);
  });

  it("may answer anything", async () => {
    const { host, deliver } = world({ callback: () => ({ some: "thing" }) });
    deliver("1");
    await turn();
    expect(host.reports).toEqual([]);
  });

  it("hears of the error that ends the subscription, and of no other end", () => {
    for (const error of [
      undefined,
      new CodedError("PERMISSIONS_VIOLATION", "no", { operation: "subscription" }),
    ]) {
      const got: unknown[] = [];
      const { subscription } = world({ callback: (failure) => got.push(failure) });
      subscription.onEnd(error);
      subscription.onEnd(error);
      if (error === undefined) expect(got).toEqual([]);
      else expect(got).toMatchObject([{ code: "PERMISSIONS_VIOLATION" }]);
    }
  });

  it("can answer the message", () => {
    const { host, deliver } = world({ callback: (_error, msg) => msg.respond("yes") });
    deliver("1");
    expect(host.published).toEqual([["r", "yes", undefined]]);
  });

  it("makes iterating a misuse", () => {
    const { subscription } = world({ callback: () => {} });
    expect(() => subscription[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: "INVALID_OPERATION" }),
    );
  });
});

describe("an iterator", () => {
  it("gives the messages and ends with the subscription", async () => {
    const { subscription, deliver } = world();
    deliver("1", "2");
    expect([subscription.getPending(), subscription.getProcessed()]).toEqual([2, 0]);
    subscription.onEnd(undefined);
    const got: string[] = [];
    for await (const msg of subscription) got.push(msg.string());
    expect(got).toEqual(["1", "2"]);
    expect([subscription.getPending(), subscription.getProcessed()]).toEqual([0, 2]);
  });

  it("throws the error that ended the subscription, behind the last message", async () => {
    const { subscription, deliver } = world();
    deliver("1");
    subscription.onEnd(new CodedError("PERMISSIONS_VIOLATION", "no"));
    const got: string[] = [];
    const loop = async () => {
      for await (const msg of subscription) got.push(msg.string());
    };
    await expect(loop()).rejects.toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    expect(got).toEqual(["1"]);
  });

  it("that is left unsubscribes", async () => {
    const { host, subscription, deliver } = world();
    deliver("1", "2");
    for await (const _ of subscription) break;
    expect(host.asked).toEqual(["unsubscribe undefined"]);
  });

  it("is given once", () => {
    const { subscription } = world();
    subscription[Symbol.asyncIterator]();
    expect(() => subscription[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: "INVALID_OPERATION" }),
    );
  });
});

describe("closed", () => {
  it("settles with the end: without an error, or with it [parity 170]", async () => {
    const fine = world();
    expect(await isSettled(fine.subscription.closed)).toBe(false);
    fine.subscription.onEnd(undefined);
    expect(await fine.subscription.closed).toBeUndefined();
    expect(fine.subscription.isClosed()).toBe(true);
    const refused = world();
    refused.subscription.onEnd(new CodedError("PERMISSIONS_VIOLATION", "no"));
    expect(await refused.subscription.closed).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
  });

  it("settles with the error also for the callback that is just being told of it", async () => {
    let closed: Promise<unknown> | undefined;
    const { subscription } = world({
      callback: () => {
        closed = subscription.closed;
      },
    });
    subscription.onEnd(new CodedError("PERMISSIONS_VIOLATION", "no"));
    expect(await closed).toMatchObject({ code: "PERMISSIONS_VIOLATION" });
    expect(await subscription.closed).toBe(await closed);
  });
});

describe("drain", () => {
  it("asks the connection, and waits for the end", async () => {
    const { host, subscription } = world({ callback: () => {} });
    const drained = subscription.drain();
    expect(host.asked).toEqual(["drain"]);
    expect(subscription.isDraining()).toBe(true);
    expect(await isSettled(drained)).toBe(false);
    subscription.onEnd(undefined);
    expect(await isSettled(drained)).toBe(true);
    expect(await isSettled(subscription.drain())).toBe(true);
  });

  it("waits for callbacks that still run, however they end", async () => {
    const running: { resolve: () => void; reject: (error: Error) => void }[] = [];
    const { host, subscription, deliver } = world({
      callback: () => new Promise<void>((resolve, reject) => running.push({ resolve, reject })),
    });
    deliver("1", "2");
    const drained = subscription.drain();
    subscription.onEnd(undefined);
    expect(await isSettled(drained)).toBe(false);
    running[0].resolve();
    expect(await isSettled(drained)).toBe(false);
    running[1].reject(new Error("oops"));
    expect(await isSettled(drained)).toBe(true);
    expect(host.reports).toHaveLength(1);
  });

  it("waits for a loop that still reads", async () => {
    const { subscription, deliver } = world();
    deliver("1", "2");
    const iterator = subscription[Symbol.asyncIterator]();
    const drained = subscription.drain();
    subscription.onEnd(undefined);
    await iterator.next();
    await iterator.next();
    expect(await isSettled(drained)).toBe(false);
    await iterator.next();
    expect(await isSettled(drained)).toBe(true);
  });

  it("does not wait for a reader that was never there", async () => {
    const { subscription, deliver } = world();
    deliver("1");
    const drained = subscription.drain();
    subscription.onEnd(undefined);
    expect(await isSettled(drained)).toBe(true);
  });

  it("does not wait for a reader that has left", async () => {
    const { subscription, deliver } = world();
    deliver("1");
    for await (const _ of subscription) break;
    const drained = subscription.drain();
    subscription.onEnd(undefined);
    expect(await isSettled(drained)).toBe(true);
  });

  it.each([
    [
      "settles twice",
      (done: () => void) => {
        done();
        done();
      },
    ],
    [
      "throws after it has settled",
      (done: () => void) => {
        done();
        throw new Error("x");
      },
    ],
    [
      "throws before it has settled",
      () => {
        throw new Error("x");
      },
    ],
  ])("is not confused by a promise of a foreign kind that %s", async (_what, then) => {
    const { subscription, deliver } = world({ callback: () => foreign(then) });
    deliver("1", "2");
    const drained = subscription.drain();
    subscription.onEnd(undefined);
    expect(await isSettled(drained)).toBe(true);
  });

  it("settles all who drain, also by `await using`", async () => {
    const { subscription } = world({ callback: () => {} });
    const all = [subscription.drain(), subscription[Symbol.asyncDispose]()];
    subscription.onEnd(undefined);
    expect(await isSettled(Promise.all(all))).toBe(true);
  });
});

describe("unsubscribe", () => {
  it("asks for the end now, or after so many messages", () => {
    const { host, subscription } = world();
    subscription.unsubscribe();
    subscription.unsubscribe(0);
    subscription.unsubscribe(5);
    expect(host.asked).toEqual(["unsubscribe undefined", "unsubscribe undefined", "unsubscribe 5"]);
  });

  it.each([-1, 1.5, Number.NaN, "5", null])("refuses %o", (max) => {
    const { host, subscription } = world();
    expect(() => subscription.unsubscribe(max as number)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    expect(host.asked).toEqual([]);
  });
});

describe("a slow reader", () => {
  it("is told of once per episode", async () => {
    const { host, subscription, deliver } = world({ slow: 2 });
    deliver("1", "2");
    expect(host.slow).toEqual([]);
    deliver("3", "4", "5");
    expect(host.slow).toEqual([{ pending: 3, dropped: 0 }]);
    const iterator = subscription[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i++) await iterator.next();
    deliver("6", "7", "8", "9");
    expect(host.slow).toEqual([
      { pending: 3, dropped: 0 },
      { pending: 3, dropped: 0 },
    ]);
  });

  it("is not told of when nobody asked", () => {
    const { host, deliver } = world();
    deliver(...Array.from({ length: 100 }, String));
    expect(host.slow).toEqual([]);
  });
});

describe("a time-out", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("ends a subscription to which nothing came", async () => {
    vi.useFakeTimers();
    const got: unknown[] = [];
    const { host, subscription } = world({ timeout: 100, callback: (error) => got.push(error) });
    vi.advanceTimersByTime(99);
    expect(got).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(got).toMatchObject([{ code: "TIMEOUT" }]);
    expect(host.asked).toEqual(["unsubscribe undefined"]);
    expect(await subscription.closed).toMatchObject({ code: "TIMEOUT" });
  });

  it("is called off by the first message, and by the end", () => {
    vi.useFakeTimers();
    const one = world({ timeout: 100, callback: () => {} });
    one.deliver("1");
    const other = world({ timeout: 100, callback: () => {} });
    other.subscription.onEnd(undefined);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("options", () => {
  it("are checked: max and callback", () => {
    for (const max of [-1, 1.5, Number.NaN, "5", null]) {
      expect(() => checkSubscription({ max } as SubscriptionOptions)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
    for (const callback of [1, "x", {}, null]) {
      expect(() => checkSubscription({ callback } as never)).toThrow(
        expect.objectContaining({ code: "INVALID_ARGUMENT" }),
      );
    }
    expect(checkSubscription({ max: 0, queue: "" })).toEqual({ queue: undefined, max: undefined });
    expect(checkSubscription({ max: 5, queue: "q" })).toEqual({ queue: "q", max: 5 });
  });
});

describe("facts", () => {
  it("are those of the entry", () => {
    const { subscription, entry } = world();
    entry.max = 9;
    expect([subscription.getSubject(), subscription.getID(), subscription.getMax()]).toEqual(["a.b", 3, 9]);
  });
});
