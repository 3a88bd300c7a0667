import { noop, wrap } from "cockatiel";
import { describe, expect, it, vi } from "vitest";
import {
  coded,
  flaky,
  nobody,
  outcome,
  STEADY,
  settle,
  usePolicyTime,
} from "../../../test/service/support/policy-scene.js";
import type { PolicyOptions } from "./options.js";
import { policy } from "./policy.js";

usePolicyTime();

describe("tries", () => {
  it("follow each other after 100 and 200 ms, then the error is told", async () => {
    const { call, calls } = flaky(nobody(), nobody(), nobody());
    const made = policy({ retry: STEADY });
    const retries: unknown[] = [];
    made.on("retry", ({ subject, attempt, delay, error }) =>
      retries.push([subject, attempt, delay, (error as Error).message]),
    );
    const { now } = outcome(made.execute(call, { subject: "a" }));
    await vi.advanceTimersByTimeAsync(99);
    expect(calls).toEqual([1]);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(199);
    expect(calls).toEqual([1, 2]);
    await vi.advanceTimersByTimeAsync(1);
    expect(now()).toBe("NO_RESPONDERS");
    expect(calls).toEqual([1, 2, 3]);
    expect(retries).toEqual([
      ["a", 1, 100, "NO_RESPONDERS"],
      ["a", 2, 200, "NO_RESPONDERS"],
    ]);
    expect(made.counts).toMatchObject({ calls: 1, retried: 2, failed: 1 });
  });

  it("end with the first answer", async () => {
    const { call, calls } = flaky(nobody());
    const made = policy({ retry: STEADY });
    const { now } = outcome(made.execute(call));
    await vi.advanceTimersByTimeAsync(100);
    expect(now()).toBe("answer");
    expect(calls).toEqual([1, 2]);
    expect(made.counts).toMatchObject({ calls: 1, retried: 1, failed: 0 });
  });

  it.each<[string, PolicyOptions, object, number]>([
    ["what may have been delivered is not tried again", {}, {}, 1],
    ["unless the policy says that it may", { idempotent: true }, {}, 2],
    ["or the call", {}, { idempotent: true }, 2],
    ["a call may take back what the policy says", { idempotent: true }, { idempotent: false }, 1],
    ["or retry.when says so", { retry: { ...STEADY, when: () => true } }, {}, 2],
    ["retry.when may say no", { idempotent: true, retry: { ...STEADY, when: () => false } }, {}, 1],
    ["or leave it to the policy", { idempotent: true, retry: { ...STEADY, when: () => undefined } }, {}, 2],
    ["without retries never", { idempotent: true, retry: false }, {}, 1],
  ])("%s", async (_, options, own, tries) => {
    const { call, calls } = flaky(coded("CONNECTION_LOST", { maybeDelivered: true }));
    outcome(policy({ retry: STEADY, ...options }).execute(call, own));
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toHaveLength(tries);
  });

  it("retry.when is told of error, call and try; when it throws, the policy decides, and it is told", async () => {
    const emitWarning = vi.spyOn(process, "emitWarning").mockReturnValueOnce();
    const asked: unknown[] = [];
    const when = (error: Error, call: object) => {
      asked.push([error.message, call]);
      throw new Error("no");
    };
    const { call, calls } = flaky(nobody());
    const { now } = outcome(policy({ retry: { ...STEADY, when } }).execute(call, { subject: "a" }));
    await vi.advanceTimersByTimeAsync(100);
    expect(now()).toBe("answer");
    expect(calls).toHaveLength(2);
    expect(asked).toEqual([
      ["NO_RESPONDERS", { subject: "a", data: undefined, attempt: 1, idempotent: false }],
    ]);
    expect(emitWarning).toHaveBeenCalledWith(expect.objectContaining({ code: "CALLBACK_FAILED" }));
    vi.restoreAllMocks();
  });

  it("have 5 s each, and are tried again after a time-out only if that does no harm", async () => {
    for (const [idempotent, tries] of [
      [false, 1],
      [true, 3],
    ] as const) {
      const signals: AbortSignal[] = [];
      const made = policy({ retry: STEADY, idempotent, breaker: false });
      const { now } = outcome(
        made.execute(({ signal }) => {
          signals.push(signal);
          return new Promise(() => {});
        }),
      );
      await vi.advanceTimersByTimeAsync(4999);
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
      await vi.advanceTimersByTimeAsync(1);
      expect(signals[0].aborted).toBe(true);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(now()).toBe("TIMEOUT");
      expect(signals).toHaveLength(tries);
    }
  });

  it("what an abandoned try does later is ignored", async () => {
    const late: ((error: Error) => void)[] = [];
    const made = policy({ timeout: 10, retry: false });
    const { now } = outcome(made.execute(() => new Promise((_, reject) => late.push(reject))));
    await vi.advanceTimersByTimeAsync(10);
    expect(now()).toBe("TIMEOUT");
    late[0](new Error("late"));
    await settle();
    expect(made.counts).toMatchObject({ calls: 1, failed: 1 });
  });

  it("a wait of cockatiel's kind that throws ends the tries with the call's error", async () => {
    vi.spyOn(process, "emitWarning").mockReturnValueOnce();
    const backoff = {
      next: () => {
        throw new Error("no");
      },
    };
    const { call, calls } = flaky(nobody());
    const { now } = outcome(policy({ retry: { backoff } }).execute(call));
    await settle();
    expect([now(), calls.length]).toEqual(["NO_RESPONDERS", 1]);
    expect(process.emitWarning).toHaveBeenCalledWith(expect.objectContaining({ code: "CALLBACK_FAILED" }));
    vi.restoreAllMocks();
  });

  it("anything can be thrown", async () => {
    const { now } = outcome(policy({ retry: false }).execute(flaky("broken").call));
    await settle();
    expect(now()).toBe("broken");
  });
});

describe("the whole call", () => {
  it("ends by totalTimeout in the middle of a try", async () => {
    const made = policy({ totalTimeout: 300, idempotent: true, retry: STEADY });
    const { now } = outcome(made.execute(() => new Promise(() => {})));
    await vi.advanceTimersByTimeAsync(299);
    expect(now()).toBe("pending");
    await vi.advanceTimersByTimeAsync(1);
    expect(now()).toBe("TIMEOUT");
  });

  it("does not begin a wait that would end too late: the error is told at once", async () => {
    const { call, calls } = flaky(nobody(), nobody(), nobody());
    const { now } = outcome(policy({ retry: STEADY }).execute(call, { totalTimeout: 250 }));
    await vi.advanceTimersByTimeAsync(100);
    expect(now()).toBe("NO_RESPONDERS");
    expect(calls).toHaveLength(2);
  });

  it("is ended by a signal between its tries, at once, and nothing more is sent", async () => {
    const { call, calls } = flaky(nobody(), nobody());
    const controller = new AbortController();
    const fallback = vi.fn(() => "fallback");
    const made = policy({ retry: STEADY, fallback });
    const { now } = outcome(made.execute(call, { signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(50);
    controller.abort(new Error("enough"));
    await settle();
    expect(now()).toBe("enough");
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls).toHaveLength(1);
    expect(fallback).not.toHaveBeenCalled();
    expect(made.counts).toMatchObject({ calls: 1, failed: 0, fallbacks: 0 });
  });

  it("is ended by a signal in the middle of a try, which counts as no failure", async () => {
    const controller = new AbortController();
    const made = policy({ breaker: { failures: 1 } });
    const { now } = outcome(
      made.execute(
        ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("ended")))),
        { signal: controller.signal, subject: "a" },
      ),
    );
    await settle();
    controller.abort(new Error("enough"));
    await settle();
    expect(now()).toBe("enough");
    expect(made.breakers).toMatchObject([{ subject: "a", state: "closed" }]);
  });

  it("takes a signal in place of options, as cockatiel's wrap() gives it", async () => {
    const controller = new AbortController();
    const by = wrap(noop, policy({ retry: STEADY }) as unknown as typeof noop);
    const { call, calls } = flaky(nobody(), nobody());
    const { now } = outcome(by.execute(call as never, controller.signal));
    await settle();
    controller.abort(new Error("enough"));
    await settle();
    expect([now(), calls.length]).toEqual(["enough", 1]);
  });

  it("is not begun with an aborted signal", async () => {
    const { call, calls } = flaky();
    const { now } = outcome(policy().execute(call, { signal: AbortSignal.abort(new Error("enough")) }));
    await settle();
    expect([now(), calls.length]).toEqual(["enough", 0]);
  });
});
