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
import { policy, type RequestPolicy } from "./policy.js";

usePolicyTime();

describe("the breaker", () => {
  const failing = async (made: RequestPolicy, subject: string, times: number) => {
    for (let i = 0; i < times; i++) outcome(made.execute(flaky(coded("TIMEOUT")).call, { subject }));
    await settle();
  };

  it("5 failures in a row open it for 30 s; then one call is let through, and success closes it", async () => {
    const made = policy();
    const changes: unknown[] = [];
    made.on("breaker", (change) => changes.push(change));
    await failing(made, "orders.17", 4);
    expect(made.breakers).toMatchObject([{ subject: "orders.{id}", state: "closed" }]);
    await failing(made, "orders.18", 1);
    expect(made.breakers).toMatchObject([{ subject: "orders.{id}", state: "open", opened: 1 }]);
    const { call, calls } = flaky();
    const refused = outcome(made.execute(call, { subject: "orders.19" }));
    const other = outcome(made.execute(flaky().call, { subject: "bills.19" }));
    await settle();
    expect([refused.now(), calls.length, other.now()]).toEqual(["CIRCUIT_OPEN", 0, "answer"]);
    expect(made.counts).toMatchObject({ calls: 7, rejected: 1, failed: 6, retried: 0 });
    await vi.advanceTimersByTimeAsync(30_000);
    const test = outcome(made.execute(call, { subject: "orders.20" }));
    await settle();
    expect(test.now()).toBe("answer");
    const common = { subject: "orders.{id}", connection: undefined };
    expect(changes).toEqual([
      { ...common, from: "closed", to: "open" },
      { ...common, from: "open", to: "half-open" },
      { ...common, from: "half-open", to: "closed" },
    ]);
  });

  it("counts tries, and stops a call between its tries, which is told why the last one failed: something was sent", async () => {
    const made = policy({ retry: STEADY, breaker: { failures: 2 } });
    const { call, calls } = flaky(nobody(), nobody(), nobody());
    const { now } = outcome(made.execute(call));
    await vi.advanceTimersByTimeAsync(1000);
    expect([now(), calls.length]).toEqual(["NO_RESPONDERS", 2]);
    expect(made.counts).toMatchObject({ calls: 1, failed: 1, rejected: 1 });
  });

  it("the application says what a failure is, and which breaker a subject has", async () => {
    const when = (error: Error) =>
      error.message === "bad" ? true : error.message === "TIMEOUT" ? false : undefined;
    const made = policy({
      retry: false,
      breaker: { failures: 2, when, key: (subject) => subject.slice(0, 1) },
    });
    await failing(made, "ab", 5);
    expect(made.breakers).toMatchObject([{ subject: "a", state: "closed" }]);
    for (const error of [new Error("bad"), nobody()]) {
      outcome(made.execute(flaky(error).call, { subject: "ac" }));
      await settle();
    }
    expect(made.breakers).toMatchObject([{ subject: "a", state: "open" }]);
  });

  it("isolate() holds it open until all have released it, also before the first call", async () => {
    const made = policy();
    const first = made.isolate("orders.17");
    const second = made.isolate("orders.18");
    const ask = async () => {
      const { now } = outcome(made.execute(flaky().call, { subject: "orders.19" }));
      await settle();
      return now();
    };
    expect(await ask()).toBe("CIRCUIT_OPEN");
    expect(made.breakers).toMatchObject([{ subject: "orders.{id}", state: "isolated" }]);
    first();
    first();
    expect(await ask()).toBe("CIRCUIT_OPEN");
    second();
    expect(await ask()).toBe("answer");
    const again = made.isolate("orders.17");
    expect(await ask()).toBe("CIRCUIT_OPEN");
    again();
    expect(() => made.isolate(7 as never)).toThrow("must be a string");
    expect(() => policy({ breaker: false }).isolate("a")).toThrowError(
      expect.objectContaining({ code: "INVALID_OPERATION" }),
    );
  });
});

describe("the fallback", () => {
  it("answers when all tries have failed, and is told why", async () => {
    const asked: unknown[] = [];
    const made = policy({
      retry: STEADY,
      fallback: (error, call) => {
        asked.push([error.message, call]);
        return "stale";
      },
    });
    const events: unknown[] = [];
    made.on("fallback", ({ subject, error }) => events.push([subject, error.message]));
    const { now } = outcome(made.execute(flaky(nobody(), nobody(), nobody()).call, { subject: "a" }));
    await vi.advanceTimersByTimeAsync(300);
    expect(now()).toBe("stale");
    expect(asked).toEqual([["NO_RESPONDERS", { subject: "a", data: undefined }]]);
    expect(events).toEqual([["a", "NO_RESPONDERS"]]);
    expect(made.counts).toMatchObject({ calls: 1, failed: 0, fallbacks: 1 });
  });

  it("that throws rejects with its error, which keeps the first as its cause", async () => {
    const first = coded("TIMEOUT");
    const own = new Error("none either");
    const made = policy({
      retry: false,
      fallback: () => {
        throw own;
      },
    });
    await expect(made.execute(flaky(first).call)).rejects.toBe(own);
    expect(own.cause).toBe(first);
    expect(made.counts).toMatchObject({ failed: 1, fallbacks: 0 });
  });

  it.each<[string, (error: Error) => unknown]>([
    ["throws what it was given", (error) => Promise.reject(error)],
    ["throws an error with a cause", () => Promise.reject(new Error("own", { cause: "mine" }))],
    ["throws an error that is frozen", () => Promise.reject(Object.freeze(new Error("own")))],
    ["throws no error", () => Promise.reject("own")],
  ])("that %s", async (_, fallback) => {
    const { now } = outcome(policy({ retry: false, fallback }).execute(flaky(coded("TIMEOUT")).call));
    await settle();
    expect(now()).toMatch(/^(own|TIMEOUT)$/);
  });

  it("is not asked for wrong arguments, nor beside the signal", async () => {
    const made = policy({ fallback: () => "stale" });
    const wrong = outcome(made.execute(flaky(coded("INVALID_SUBJECT")).call));
    await settle();
    expect(wrong.now()).toBe("INVALID_SUBJECT");
    const controller = new AbortController();
    const never = policy({ retry: false, fallback: () => new Promise(() => {}) });
    const { now } = outcome(never.execute(flaky(nobody()).call, { signal: controller.signal }));
    await settle();
    expect(now()).toBe("pending");
    controller.abort(new Error("enough"));
    await settle();
    expect(now()).toBe("enough");
  });
});

describe("hedging", () => {
  it("sends a second time when the first is slow; the first answer wins, the other is told that it lost", async () => {
    const made = policy({ idempotent: true, hedge: { after: 50 } });
    const hedges: unknown[] = [];
    made.on("hedge", ({ subject, after }) => hedges.push([subject, after]));
    const signals: AbortSignal[] = [];
    const answers: ((text: string) => void)[] = [];
    const { now } = outcome(
      made.execute(
        ({ signal }) => {
          signals.push(signal);
          return new Promise<string>((resolve) => answers.push(resolve));
        },
        { subject: "a" },
      ),
    );
    await vi.advanceTimersByTimeAsync(50);
    expect(answers).toHaveLength(2);
    answers[1]("second");
    await settle();
    expect(now()).toBe("second");
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(hedges).toEqual([["a", 50]]);
    expect(made.counts).toMatchObject({ calls: 1, hedged: 1, retried: 0 });
  });

  it("not for a call that says it must not be carried out twice", async () => {
    const made = policy({ idempotent: true, hedge: { after: 50 }, timeout: 1000, retry: false });
    let sent = 0;
    const call = () => {
      sent++;
      return new Promise(() => {});
    };
    const { now } = outcome(made.execute(call, { idempotent: false }));
    await vi.advanceTimersByTimeAsync(1000);
    expect([now(), sent]).toEqual(["TIMEOUT", 1]);
  });

  it("both end with the try's time-out", async () => {
    const made = policy({ idempotent: true, hedge: { after: 50 }, timeout: 80, retry: false });
    const { now } = outcome(made.execute(() => new Promise(() => {})));
    await vi.advanceTimersByTimeAsync(79);
    expect(now()).toBe("pending");
    await vi.advanceTimersByTimeAsync(1);
    expect(now()).toBe("TIMEOUT");
  });

  it("by a quantile of the latest answers to the subject", async () => {
    const made = policy({ idempotent: true, hedge: { after: "p95" } });
    const takes = (ms: number) => () =>
      new Promise<string>((resolve) => {
        setTimeout(resolve, ms, `after ${ms}`);
      });
    for (let i = 0; i < 20; i++) {
      outcome(made.execute(takes(30), { subject: "a" }));
      await vi.advanceTimersByTimeAsync(30);
    }
    let sent = 0;
    const slowThenQuick = () => takes(sent++ === 0 ? 1000 : 5)();
    const { now } = outcome(made.execute(slowThenQuick, { subject: "a" }));
    await vi.advanceTimersByTimeAsync(35);
    expect([now(), sent]).toEqual(["after 5", 2]);
    expect(made.counts).toMatchObject({ hedged: 1 });
    await vi.advanceTimersByTimeAsync(1000);
  });
});

describe("bad input", () => {
  it.each<[unknown, unknown, object]>([
    ["text", {}, { code: "INVALID_ARGUMENT" }],
    [() => 1, { timeout: 0 }, { option: "timeout" }],
    [() => 1, { totalTimeout: Number.NaN }, { option: "totalTimeout" }],
    [() => 1, { idempotent: "yes" }, { option: "idempotent" }],
    [() => 1, { signal: {} }, { option: "signal" }],
    [() => 1, { subject: 7 }, { option: "subject" }],
    [() => 1, { connection: {} }, { option: "connection" }],
    [() => 1, { connection: null }, { option: "connection" }],
    [() => 1, { retries: 1 }, { option: "retries" }],
    [() => 1, null, { code: "INVALID_OPTION" }],
  ])("execute(%o, %o) rejects", async (call, options, error) => {
    await expect(policy().execute(call as never, options as never)).rejects.toMatchObject(error);
  });

  it("listeners: unknown events are refused, what they throw harms nobody", async () => {
    const made = policy({ retry: STEADY });
    expect(() => made.on("error" as never, () => {})).toThrowError(
      expect.objectContaining({ code: "INVALID_ARGUMENT" }),
    );
    const emitWarning = vi.spyOn(process, "emitWarning").mockReturnValueOnce();
    made.once("retry", () => {
      throw new Error("no");
    });
    const { now } = outcome(made.execute(flaky(nobody()).call));
    await vi.advanceTimersByTimeAsync(100);
    expect(now()).toBe("answer");
    expect(emitWarning).toHaveBeenCalledWith(expect.objectContaining({ code: "CALLBACK_FAILED" }));
    vi.restoreAllMocks();
  });
});
