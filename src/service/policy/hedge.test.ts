import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Hedging, hedged } from "./hedge.js";
import { RecentDurations } from "./recent-durations.js";

interface Sent {
  resolve(value: string): void;
  reject(error: Error): void;
}

let sent: Sent[];
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
});
afterEach(() => {
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  vi.useRealTimers();
});

function start(options: Partial<Hedging<string>> = {}): Promise<string> {
  const outcome = hedged({
    send: () => new Promise<string>((resolve, reject) => sent.push({ resolve, reject })),
    after: 100,
    max: 1,
    mayHedge: () => true,
    isAnswer: ({ message }: Error) => message === "answer",
    ...options,
  } as Hedging<string>);
  outcome.catch(() => {});
  return outcome;
}

describe("hedging", () => {
  it("sends once when the answer comes in time", async () => {
    const outcome = start();
    vi.advanceTimersByTime(99);
    sent[0].resolve("first");
    expect(await outcome).toBe("first");
    vi.advanceTimersByTime(1000);
    expect(sent).toHaveLength(1);
  });

  it.each([0, 1])(
    "sends again when it is slow; the first answer wins, the other is ignored: %i",
    async (n) => {
      const outcome = start();
      vi.advanceTimersByTime(100);
      expect(sent).toHaveLength(2);
      sent[n].resolve(`of ${n}`);
      expect(await outcome).toBe(`of ${n}`);
      sent[1 - n].reject(new Error("late"));
    },
  );

  it("sends as often as wanted, and no more", async () => {
    const outcome = start({ max: 3 });
    vi.advanceTimersByTime(10_000);
    expect(sent).toHaveLength(4);
    sent[3].resolve("last");
    expect(await outcome).toBe("last");
  });

  it("a failure waits for those under way; when all have failed, the first one is told", async () => {
    const outcome = start();
    vi.advanceTimersByTime(100);
    sent[1].reject(new Error("of 1"));
    await Promise.resolve();
    sent[0].reject(new Error("of 0"));
    await expect(outcome).rejects.toThrow("of 1");
  });

  it("the other one may still answer after a failure", async () => {
    const outcome = start();
    vi.advanceTimersByTime(100);
    sent[0].reject(new Error("of 0"));
    await Promise.resolve();
    sent[1].resolve("of 1");
    expect(await outcome).toBe("of 1");
  });

  it("a failure before the second is sent ends it", async () => {
    const outcome = start();
    sent[0].reject(new Error("at once"));
    await expect(outcome).rejects.toThrow("at once");
    vi.advanceTimersByTime(1000);
    expect(sent).toHaveLength(1);
  });

  it("an error that is an answer ends it, whatever is under way", async () => {
    const outcome = start();
    vi.advanceTimersByTime(100);
    sent[1].reject(new Error("answer"));
    await expect(outcome).rejects.toThrow("answer");
  });

  it("sends nothing again where it may not", async () => {
    const outcome = start({ mayHedge: () => false, max: 3 });
    vi.advanceTimersByTime(10_000);
    expect(sent).toHaveLength(1);
    sent[0].resolve("only");
    expect(await outcome).toBe("only");
  });
});

describe("recent durations", () => {
  it("know nothing before enough have come", () => {
    const durations = new RecentDurations(0.95);
    for (let i = 0; i < 19; i++) durations.add("a", 10);
    expect(durations.quantile("a")).toBeUndefined();
    durations.add("a", 10);
    expect(durations.quantile("a")).toBe(10);
    expect(durations.quantile("b")).toBeUndefined();
  });

  it("tell the quantile of the latest ones", () => {
    const durations = new RecentDurations(0.95);
    for (let i = 1; i <= 100; i++) durations.add("a", i);
    expect(durations.quantile("a")).toBe(96);
    for (let i = 0; i < 128; i++) durations.add("a", 1000);
    expect(durations.quantile("a")).toBe(1000);
  });

  it("are kept of a bounded number of subjects, the latest used", () => {
    const durations = new RecentDurations(0.5);
    for (let i = 0; i < 20; i++) durations.add("old", 5);
    for (let i = 0; i < 255; i++) durations.add(`s${i}`, 1);
    expect(durations.quantile("old")).toBe(5);
    durations.add("one more", 1);
    expect(durations.quantile("old")).toBeUndefined();
  });
});
