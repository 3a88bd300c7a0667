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

describe("a lost link", () => {
  it("is told to all who asked, once, and not to those who asked no more", () => {
    const waits = new Waits();
    const told: string[] = [];
    waits.whenLost(() => told.push("a"));
    const stop = waits.whenLost(() => told.push("b"));
    waits.whenLost(() => told.push("c"));
    stop();
    waits.linkLost();
    waits.linkLost();
    expect(told).toEqual(["a", "c"]);
  });
});

describe("rtt", () => {
  it("settles with what was measured", async () => {
    const waits = new Waits();
    let answer: (rtt: number) => void = () => {};
    const rtt = waits.rtt((resolve) => {
      answer = resolve;
      return true;
    });
    expect(await settled(rtt)).toBe("pending");
    answer(3);
    waits.linkLost();
    expect(await settled(rtt)).toBe("resolved 3");
  });

  it("rejects at once without a link", async () => {
    expect(await settled(new Waits().rtt(() => false))).toBe("rejected DISCONNECTED");
  });

  it("rejects when the link is lost meanwhile", async () => {
    const waits = new Waits();
    const rtt = waits.rtt(() => true);
    waits.linkLost();
    expect(await settled(rtt)).toBe("rejected DISCONNECTED");
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
