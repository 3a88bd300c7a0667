import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { HoldfastError } from "../../index.js";
import { Attempt, type AttemptOwner, type Handled } from "./attempt.js";
import { Attempts } from "./attempts.js";
import { Counts } from "./counts.js";
import { makeDecoder } from "./decoder.js";

const message = (text: string): Handled => ({
  subject: "orders",
  data: new TextEncoder().encode(text),
  string: () => text,
});

class Owner implements AttemptOwner {
  readonly told: unknown[] = [];
  onSuccess(value: unknown): void {
    this.told.push({ value });
  }
  onFailure(error: HoldfastError): void {
    this.told.push(error);
  }
  within(part: () => void): void {
    part();
  }
}

function setup(handler: (data: never, context: never) => unknown, timeout = 1000) {
  const counts = new Counts();
  const attempts = new Attempts<Handled>({ handler, decode: makeDecoder({}), timeout, counts });
  const begin = (text = "1", number = 1) => {
    const owner = new Owner();
    const attempt = new Attempt(message(text), number, owner);
    attempts.start(attempt);
    return { attempt, owner };
  };
  return { counts, attempts, begin };
}

let unhandled: unknown[];
const note = (error: unknown) => unhandled.push(error);
beforeEach(() => {
  unhandled = [];
  process.on("unhandledRejection", note);
  vi.useFakeTimers();
});
afterEach(async () => {
  vi.useRealTimers();
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});
const settle = () => vi.advanceTimersByTimeAsync(0);

describe("an attempt", () => {
  it("of a handler that returns is over at once", () => {
    const { begin, counts } = setup((data: number, context: Attempt) => [
      data,
      context.subject,
      context.attempt,
    ]);
    expect(begin("7", 3).owner.told).toEqual([{ value: [7, "orders", 3] }]);
    expect(counts.snapshot(0, 0).durations.count).toBe(1);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of a handler that resolves is over then, also with a promise of a foreign kind", async () => {
    const { begin } = setup(async (data) => data);
    const { owner } = begin("7");
    expect(owner.told).toEqual([]);
    await settle();
    expect(owner.told).toEqual([{ value: 7 }]);
    const foreign = setup(() => ({
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      then(done: (value: number) => void) {
        done(1);
        done(2);
        throw new Error("after all");
      },
    })).begin();
    await settle();
    expect(foreign.owner.told).toEqual([{ value: 1 }]);
  });

  it("that has failed says why on one line of a bounded length; the cause has all of it", () => {
    const cause = new Error(`no\n    such\r\norder ${"x".repeat(5000)}`);
    const { begin } = setup(() => {
      throw cause;
    });
    const error = begin().owner.told[0] as HoldfastError;
    expect(error.message).toMatch(/^the handler of "orders" failed: no {5}such order x+\.\.\.$/);
    expect(error.message.length).toBeLessThan(1100);
    expect(error.cause).toBe(cause);
  });

  it.each<[string, unknown]>([
    ["an error", new Error("no")],
    ["undefined", undefined],
    ["a string", "no"],
    ["a frozen error", Object.freeze(new Error("no"))],
    [
      "what throws when it is looked at",
      new Proxy(new Error("x"), {
        get() {
          throw new Error("getter");
        },
      }),
    ],
  ])("of a handler that throws %s has failed", async (_, cause) => {
    const throwing = setup(() => {
      throw cause;
    });
    const rejecting = setup(() => Promise.reject(cause));
    for (const { begin, counts } of [throwing, rejecting]) {
      const { owner } = begin();
      await settle();
      expect(owner.told).toHaveLength(1);
      const error = owner.told[0] as HoldfastError;
      expect(error.code).toBe("HANDLER_FAILED");
      expect(error.subject).toBe("orders");
      expect("cause" in error && Object.is(error.cause, cause)).toBe(true);
      expect(counts.failed).toBe(1);
    }
  });

  it("whose answer has a `then` that throws has failed", () => {
    const { begin } = setup(() => ({
      // biome-ignore lint/suspicious/noThenProperty: it is what is tested
      get then() {
        throw new Error("no");
      },
    }));
    expect(begin().owner.told).toMatchObject([{ code: "HANDLER_FAILED" }]);
  });

  it.each<[string, () => unknown]>([
    ["a proxy of a promise", () => new Proxy(Promise.resolve(1), {})],
    [
      "a promise whose `then` throws",
      () =>
        // biome-ignore lint/suspicious/noThenProperty: it is what is tested
        Object.defineProperty(Promise.resolve(1), "then", {
          value: () => {
            throw new Error("no");
          },
        }),
    ],
  ])("whose answer is %s has failed", async (_, answer) => {
    const { owner } = setup(answer).begin();
    await settle();
    expect(owner.told).toMatchObject([{ code: "HANDLER_FAILED" }]);
  });

  it("of a handler that answers with a function that is a promise is over when that is", async () => {
    const lazy = (reject: boolean) => () =>
      Object.assign(() => {}, {
        // biome-ignore lint/suspicious/noThenProperty: it is what is tested
        then: (yes: (value: number) => void, no: (error: Error) => void) =>
          reject ? no(new Error("no")) : yes(1),
      });
    const good = setup(lazy(false)).begin();
    const bad = setup(lazy(true)).begin();
    expect(bad.owner.told).toEqual([]);
    await settle();
    expect(good.owner.told).toEqual([{ value: 1 }]);
    expect(bad.owner.told).toMatchObject([{ code: "HANDLER_FAILED" }]);
  });

  it("with a message that cannot be read is invalid: the handler is not called", () => {
    const handler = vi.fn();
    const { begin, counts } = setup(handler);
    expect(begin("{").owner.told).toMatchObject([{ code: "INVALID_MESSAGE" }]);
    expect(handler).not.toHaveBeenCalled();
    expect(counts).toMatchObject({ invalid: 1, failed: 0 });
  });
});

describe("the deadline", () => {
  it("ends a handler that does not settle; what it does later changes nothing", async () => {
    let fail!: (error: Error) => void;
    const { begin, counts } = setup(
      () =>
        new Promise((_, reject) => {
          fail = reject;
        }),
    );
    const { owner, attempt } = begin();
    const { signal } = attempt;
    vi.advanceTimersByTime(999);
    expect(owner.told).toEqual([]);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    const error = owner.told[0] as HoldfastError;
    expect(error).toMatchObject({ code: "HANDLER_TIMEOUT", subject: "orders", retryable: true });
    expect(signal.reason).toBe(error);
    fail(new Error("late"));
    await settle();
    expect(owner.told).toHaveLength(1);
    expect(counts).toMatchObject({ timedOut: 1, failed: 0 });
  });

  it("has passed when a handler resolves: nobody hears of that", async () => {
    let resolve!: (value: unknown) => void;
    const { begin } = setup(
      () =>
        new Promise((settle) => {
          resolve = settle;
        }),
    );
    const { owner } = begin();
    vi.advanceTimersByTime(1000);
    resolve("late");
    await settle();
    expect(owner.told).toMatchObject([{ code: "HANDLER_TIMEOUT" }]);
  });

  it("counts from the start of each, also of those that start together behind one that keeps the event loop", async () => {
    const { attempts, begin } = setup((n: number) => {
      if (n === 2) vi.advanceTimersByTime(600);
      return n === 1 ? Promise.resolve() : new Promise(() => {});
    });
    vi.advanceTimersByTime(5);
    const later = new Owner();
    const first = begin("1");
    first.owner.onSuccess = () => {
      attempts.start(new Attempt(message("2"), 1, new Owner()));
      attempts.start(new Attempt(message("3"), 1, later));
    };
    await settle();
    vi.advanceTimersByTime(999);
    expect(later.told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(later.told).toMatchObject([{ code: "HANDLER_TIMEOUT" }]);
  });

  it("is each one's own, with one timer", () => {
    const { begin } = setup(() => new Promise(() => {}));
    const first = begin();
    vi.advanceTimersByTime(400);
    const second = begin();
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(600);
    expect([first.owner.told.length, second.owner.told.length]).toEqual([1, 0]);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(399);
    expect(second.owner.told).toHaveLength(0);
    vi.advanceTimersByTime(1);
    expect(second.owner.told).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("holds for decoding too", async () => {
    const handler = vi.fn();
    let decoded!: (value: unknown) => void;
    const decode = () =>
      new Promise((resolve) => {
        decoded = resolve;
      });
    const attempts = new Attempts<Handled>({ handler, decode, timeout: 50, counts: new Counts() });
    const owner = new Owner();
    attempts.start(new Attempt(message("1"), 1, owner));
    vi.advanceTimersByTime(50);
    expect(owner.told).toMatchObject([{ code: "HANDLER_TIMEOUT" }]);
    decoded(1);
    await settle();
    expect(handler).not.toHaveBeenCalled();
    expect(owner.told).toHaveLength(1);
  });

  it("of 0 is none", () => {
    const { begin, attempts } = setup(() => new Promise(() => {}), 0);
    const { owner } = begin();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1e9);
    expect(owner.told).toEqual([]);
    attempts.stop();
  });

  it("does not see a signal that nobody asked for; one that is asked for late is aborted already", () => {
    const { begin } = setup(() => new Promise(() => {}));
    const { attempt } = begin();
    vi.advanceTimersByTime(1000);
    expect(attempt.signal.aborted).toBe(true);
    expect(attempt.signal.reason).toMatchObject({ code: "HANDLER_TIMEOUT" });
  });
});

describe("abortAll", () => {
  it("ends all that run, once, and stops the timer", async () => {
    const { begin, attempts, counts } = setup(() => new Promise(() => {}));
    const all = [begin(), begin()];
    const { signal } = all[0].attempt;
    const reason = Object.assign(new Error("closed"), { code: "CONNECTION_CLOSED" }) as HoldfastError;
    attempts.abortAll(reason);
    attempts.stop();
    attempts.abortAll(reason);
    for (const { owner } of all) expect(owner.told).toEqual([reason]);
    expect(signal.reason).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
    expect(counts.timedOut).toBe(0);
  });
});

it("a log shows little of an attempt", () => {
  const attempt = new Attempt(message("secret"), 2, new Owner());
  expect(JSON.stringify(attempt)).toBe('{"subject":"orders","attempt":2}');
});
