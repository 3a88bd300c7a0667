import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { timed } from "./timed.js";
import { bySignal, type Ender, follow, orAborted, pause, within } from "./waiting.js";

const FAILED = new Error("failed");

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  vi.useRealTimers();
});

function counting(signal: AbortSignal): () => number {
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    return add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    return remove(...args);
  };
  return () => listeners;
}

describe("a pause", () => {
  it("lasts as long as wanted, and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    const listeners = counting(signal);
    let isOver = false;
    const paused = pause(100, bySignal(signal), undefined).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(99);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await paused;
    expect(listeners()).toBe(0);
  });

  it("is ended by a signal", async () => {
    const controller = new AbortController();
    const paused = pause(60_000, bySignal(controller.signal));
    controller.abort();
    await paused;
  });

  it("is not begun when it is ended already, and takes away what it has added", async () => {
    const { signal } = new AbortController();
    const listeners = counting(signal);
    const over: Ender = { onEnd: () => undefined };
    await pause(60_000, bySignal(signal), over);
    expect(listeners()).toBe(0);
    await pause(60_000, bySignal(AbortSignal.abort()));
  });
});

describe("a promise, or the end by a signal", () => {
  it("passes on what comes, and leaves no listener behind", async () => {
    const { signal } = new AbortController();
    const listeners = counting(signal);
    expect(await orAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(orAborted(Promise.reject(new Error("no")), signal)).rejects.toThrow("no");
    await Promise.resolve();
    expect(listeners()).toBe(0);
  });

  it("rejects with the reason, before or in the middle; what comes later is ignored", async () => {
    const reason = new Error("enough");
    const late = Promise.reject(new Error("late"));
    await expect(orAborted(late, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const { promise, reject } = withRejection();
    const outcome = orAborted(promise, controller.signal);
    controller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    reject(new Error("later"));
  });
});

describe("a controller that follows a signal", () => {
  it("is aborted with it and its reason, also when that is so already; untied no more", () => {
    const reason = new Error("enough");
    const source = new AbortController();
    const listeners = counting(source.signal);
    const [tied, untied, late] = [new AbortController(), new AbortController(), new AbortController()];
    follow(tied, source.signal);
    follow(untied, source.signal)();
    expect(listeners()).toBe(1);
    source.abort(reason);
    expect([tied.signal.reason, untied.signal.aborted]).toEqual([reason, false]);
    follow(late, source.signal)();
    expect(late.signal.reason).toBe(reason);
    follow(untied, undefined)();
    expect(untied.signal.aborted).toBe(false);
  });
});

describe("a promise, or an error after some time", () => {
  it("leaves no timer behind, and ignores what comes later", async () => {
    expect(await within(100, Promise.resolve(1), FAILED)).toBe(1);
    const { promise, reject } = withRejection();
    const outcome = expect(within(100, promise, FAILED)).rejects.toBe(FAILED);
    await vi.advanceTimersByTimeAsync(100);
    await outcome;
    reject(new Error("later"));
    expect(await within(Number.POSITIVE_INFINITY, Promise.resolve(2), FAILED)).toBe(2);
  });
});

describe("timed", () => {
  it("passes on what comes in time", async () => {
    expect(await timed(100, "a", undefined, () => 1)).toBe(1);
    await expect(timed(100, "a", undefined, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });

  it("rejects with TIMEOUT, and aborts; what comes later is ignored", async () => {
    const { promise, reject } = withRejection();
    let seen: AbortSignal | undefined;
    const outcome = timed(100, "a", undefined, (signal) => {
      seen = signal;
      return promise;
    });
    outcome.catch(() => {});
    await vi.advanceTimersByTimeAsync(99);
    expect(seen?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await expect(outcome).rejects.toMatchObject({ code: "TIMEOUT", subject: "a", maybeDelivered: true });
    expect(seen?.aborted).toBe(true);
    reject(new Error("late"));
  });

  it("aborts with the caller's signal; without a limit it is the caller's", async () => {
    const controller = new AbortController();
    let seen: AbortSignal | undefined;
    const outcome = timed(100, "a", controller.signal, (signal) => {
      seen = signal;
      return new Promise(() => {});
    });
    outcome.catch(() => {});
    controller.abort();
    expect(seen?.aborted).toBe(true);
    await outcome.catch(() => {});
    const given = await timed(Number.POSITIVE_INFINITY, "a", controller.signal, (signal) => signal);
    expect(given).toBe(controller.signal);
  });
});

function withRejection(): { promise: Promise<never>; reject(error: Error): void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, rejected) => {
    reject = rejected;
  });
  return { promise, reject: (error) => reject(error) };
}
