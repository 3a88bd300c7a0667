import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../io/clock.js";
import { isSettled } from "../testing/worlds/subscription-world.js";
import { Ending } from "./ending.js";
import { Waits } from "./waits.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An ending, and the timeouts that the connection was told to finish with. */
function make(options: { drainTimeout?: number; closeTimeout?: number } = {}) {
  const finishes: number[] = [];
  const finish = (timeout: number) => void finishes.push(timeout);
  const ending = new Ending(options, systemClock, new Waits(systemClock), { finish });
  return { ending, finishes };
}

describe("a close", () => {
  it("finishes with its timeout, and settles when the connection has ended", async () => {
    const { ending, finishes } = make({ closeTimeout: 70 });
    const closed = ending.close();
    expect(finishes).toEqual([70]);
    expect(await isSettled(closed)).toBe(false);
    const error = new Error("why");
    ending.ended(error);
    await closed;
    expect(await ending.closed).toBe(error);
  });
});

describe("a drain", () => {
  it("finishes when the subscriptions are drained, with what is left of its timeout", async () => {
    const { ending, finishes } = make({ drainTimeout: 100 });
    let drained!: () => void;
    const done = ending.drain(new Promise<void>((resolve) => (drained = resolve)));
    await vi.advanceTimersByTimeAsync(30);
    expect(finishes).toEqual([]);
    drained();
    await vi.advanceTimersByTimeAsync(0);
    expect(finishes).toEqual([70]);
    ending.ended(undefined);
    await done;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("finishes at once when its timeout is over, however long a handler takes", async () => {
    const { ending, finishes } = make({ drainTimeout: 100 });
    void ending.drain(new Promise(() => {}));
    await vi.advanceTimersByTimeAsync(100);
    expect(finishes).toEqual([0]);
  });

  it("is over when the connection ends under it", async () => {
    const { ending } = make();
    const done = ending.drain(new Promise(() => {}));
    ending.ended(undefined);
    await done;
    expect(vi.getTimerCount()).toBe(0);
  });
});
