import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Waits } from "./waits.js";

const settled = async (promise: Promise<unknown>): Promise<string> => {
  await Promise.resolve();
  await Promise.resolve();
  return Promise.race([
    promise.then(
      (value) => `resolved ${value}`,
      (error) => `rejected ${error.code}`,
    ),
    new Promise<string>((resolve) => setImmediate(() => resolve("pending"))),
  ]);
};

describe("writable", () => {
  it("settles all who wait, once each", async () => {
    const waits = new Waits();
    const first = waits.writable();
    const second = waits.writable();
    expect(await settled(first)).toBe("pending");
    waits.nowWritable();
    expect(await settled(first)).toBe("resolved undefined");
    expect(await settled(second)).toBe("resolved undefined");
    expect(await settled(waits.writable())).toBe("pending");
  });
});

describe("at most", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("waits for the work, and leaves no timer behind", async () => {
    await new Waits().atMost(1000, Promise.resolve());
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait longer than the time", async () => {
    let done = false;
    const wait = new Waits().atMost(1000, new Promise(() => {})).then(() => {
      done = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(done).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await wait;
    expect(done).toBe(true);
  });

  it("never rejects", async () => {
    await new Waits().atMost(1000, Promise.reject(new Error("x")));
    expect(vi.getTimerCount()).toBe(0);
  });
});
