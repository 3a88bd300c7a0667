import { afterEach, describe, expect, it, vi } from "vitest";
import { isSettled, subscriptionWorld as world } from "../testing/worlds/subscription-world.js";
import type { Subscription } from "./subscription.js";

afterEach(() => {
  vi.useRealTimers();
});

// Found by the simulator of the client, seeds 20678, 20826 and 21923.
describe("a callback that ends its own subscription in the middle of a drain", () => {
  it.each(["at once", "after a promise"])("is waited for when it is done %s", async (when) => {
    let open = () => {};
    const { subscription, deliver } = world({
      callback: () => {
        subscription.onEnd(undefined);
        return when === "at once" ? undefined : new Promise<void>((resolve) => (open = resolve));
      },
    });
    const drained = subscription.drain();
    deliver("1");
    expect(await isSettled(drained)).toBe(when === "at once");
    open();
    expect(await isSettled(drained)).toBe(true);
  });
});

describe("a callback that drains its own subscription", () => {
  it.each([
    ["at once", async (subscription: Subscription) => subscription.drain()],
    [
      "behind other work of its own call",
      async (subscription: Subscription) => {
        await Promise.all([Promise.resolve(), subscription.drain()]);
      },
    ],
  ])("%s does not wait for itself", async (_what, drain) => {
    let done = 0;
    const { subscription, deliver } = world({
      callback: async () => {
        await drain(subscription);
        done++;
      },
    });
    deliver("1", "2");
    const outside = subscription.drain();
    expect(await isSettled(outside)).toBe(false);
    subscription.onEnd(undefined);
    expect(await isSettled(outside)).toBe(true);
    expect(done).toBe(2);
  });

  it("waits for the other calls", async () => {
    const open: (() => void)[] = [];
    let drained: Promise<void> | undefined;
    const { subscription, deliver } = world({
      callback: (_error, msg) => {
        if (msg.string() === "drain") {
          drained = subscription.drain();
          return drained;
        }
        return new Promise<void>((resolve) => open.push(resolve));
      },
    });
    deliver("1", "drain", "2");
    subscription.onEnd(undefined);
    expect(await isSettled(drained!)).toBe(false);
    open[0]();
    expect(await isSettled(drained!)).toBe(false);
    open[1]();
    expect(await isSettled(drained!)).toBe(true);
    expect(await isSettled(subscription.drain())).toBe(true);
  });

  it("and throws excludes nobody else", async () => {
    let open = () => {};
    const { subscription, deliver } = world({
      callback: (_error, msg) => {
        if (msg.string() !== "drain") return new Promise<void>((resolve) => (open = resolve));
        void subscription.drain();
        throw new Error("oops");
      },
    });
    deliver("drain", "1");
    subscription.onEnd(undefined);
    const drained = subscription.drain();
    expect(await isSettled(drained)).toBe(false);
    open();
    expect(await isSettled(drained)).toBe(true);
  });
});

describe("a loop that drains its own subscription", () => {
  /** Reads in a loop whose body drains at the first message; the rest is written down. */
  function loop(subscription: Subscription) {
    const got: string[] = [];
    const ended = (async () => {
      for await (const msg of subscription) {
        if (msg.string() === "drain") await subscription.drain();
        got.push(msg.string());
      }
    })();
    return { got, ended };
  }

  it("is believed one second after the end, and reads the rest", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { subscription, deliver } = world();
    const { got, ended } = loop(subscription);
    deliver("drain", "1", "2");
    expect(await isSettled(ended)).toBe(false);
    subscription.onEnd(undefined);
    expect(await isSettled(ended)).toBe(false);
    vi.advanceTimersByTime(999);
    expect(await isSettled(ended)).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await isSettled(ended)).toBe(true);
    expect(got).toEqual(["drain", "1", "2"]);
    expect(subscription.getProcessed()).toBe(3);
  });

  it("is not taken for one that is slow: whoever drains later waits as long as it takes", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { subscription, deliver } = world();
    const reader = subscription[Symbol.asyncIterator]();
    const first = reader.next();
    deliver("1", "2");
    await first;
    await isSettled(first);
    const drained = subscription.drain();
    subscription.onEnd(undefined);
    await isSettled(drained);
    vi.advanceTimersByTime(60_000);
    expect(await isSettled(drained)).toBe(false);
    await reader.next();
    await reader.next();
    expect(await isSettled(drained)).toBe(true);
  });

  it("that has gone on is waited for to its end, and leaves no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { subscription, deliver } = world();
    const reader = subscription[Symbol.asyncIterator]();
    deliver("1", "2");
    await reader.next();
    const drained = subscription.drain();
    subscription.onEnd(undefined);
    await isSettled(drained);
    await reader.next();
    vi.advanceTimersByTime(60_000);
    expect(await isSettled(drained)).toBe(false);
    await reader.next();
    expect(await isSettled(drained)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a subscription that has ended otherwise than by a drain", () => {
  it.each([
    [false, "INVALID_OPERATION"],
    [true, "CONNECTION_CLOSED"],
  ])("connection closed: %s: drain() rejects with %s; nobody has to look", async (closed, code) => {
    const { host, subscription } = world({ callback: () => {} });
    subscription.onEnd(undefined);
    host.closed = closed;
    void subscription.drain();
    await expect(subscription.drain()).rejects.toMatchObject({ code });
    expect(host.asked).toEqual([]);
  });

  it("is disposed of all the same, when its callbacks are done", async () => {
    let finish = () => {};
    const { subscription, deliver } = world({
      callback: () => new Promise<void>((resolve) => (finish = resolve)),
    });
    deliver("1");
    subscription.onEnd(undefined);
    const disposed = subscription[Symbol.asyncDispose]();
    expect(await isSettled(disposed)).toBe(false);
    finish();
    expect(await isSettled(disposed)).toBe(true);
  });
});

describe("a subscription that has been drained", () => {
  it("can be drained again", async () => {
    const { subscription } = world({ callback: () => {} });
    const drained = subscription.drain();
    subscription.onEnd(undefined);
    await drained;
    await subscription.drain();
    expect(subscription.isClosed()).toBe(true);
  });
});
