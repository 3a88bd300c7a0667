import { noop, TimeoutStrategy, timeout } from "cockatiel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { executeForeign, type ForeignPolicy } from "./foreign-policy.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount(), "timers left behind").toBe(0);
  vi.useRealTimers();
});

const CALL = { subject: "a", timeout: undefined, totalTimeout: undefined, signal: undefined };

describe("a policy of cockatiel's", () => {
  it("leaves no timer behind when the answer is there", async () => {
    const sent: number[] = [];
    const send = async (ms: number) => {
      sent.push(ms);
      return "answer";
    };
    expect(await executeForeign(noop, send, { ...CALL, totalTimeout: 1000 })).toBe("answer");
    expect(await executeForeign(noop, send, { ...CALL, timeout: 70 })).toBe("answer");
    expect(sent).toEqual([5000, 70]);
  });

  it("that only asks to end (cooperative) is heard: the wait for the try ends", async () => {
    const by = timeout(20, TimeoutStrategy.Cooperative);
    const outcome = executeForeign(by, () => new Promise(() => {}), CALL);
    outcome.catch(() => {});
    await vi.advanceTimersByTimeAsync(20);
    await expect(outcome).rejects.toMatchObject({ name: "AbortError" });
  });

  it("that tries on after the end gets nothing sent", async () => {
    let sent = 0;
    let again: () => Promise<unknown> = () => Promise.resolve();
    const by: ForeignPolicy = {
      execute: (call) => {
        again = async () => call(undefined as never);
        return new Promise<never>(() => {});
      },
    };
    const send = async () => sent++;
    const controller = new AbortController();
    const reason = new Error("enough");
    const outcome = executeForeign(by, send, { ...CALL, totalTimeout: 1000, signal: controller.signal });
    await again();
    controller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    await expect(again()).rejects.toBe(reason);
    expect(sent).toBe(1);
  });

  it("that tries on when it has answered gets nothing sent after the signal's end", async () => {
    let again: () => Promise<unknown> = () => Promise.resolve();
    const by: ForeignPolicy = {
      execute: async (call) => {
        again = async () => call(undefined as never);
        return call(undefined as never);
      },
    };
    const send = vi.fn(async () => "answer");
    const controller = new AbortController();
    const reason = new Error("enough");
    expect(await executeForeign(by, send, { ...CALL, signal: controller.signal })).toBe("answer");
    controller.abort(reason);
    await expect(again()).rejects.toBe(reason);
    expect(send).toHaveBeenCalledTimes(1);
  });

  it("is not asked with an aborted signal", async () => {
    const reason = new Error("enough");
    const execute = vi.fn(async () => "answer");
    const call = { ...CALL, signal: AbortSignal.abort(reason) };
    await expect(executeForeign({ execute } as never, async () => 1, call)).rejects.toBe(reason);
    expect(execute).not.toHaveBeenCalled();
  });
});
