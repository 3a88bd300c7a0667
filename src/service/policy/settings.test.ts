import { ConsecutiveBreaker, ConstantBackoff, CountBreaker, SamplingBreaker } from "cockatiel";
import { describe, expect, it } from "vitest";
import { isHoldfastError } from "../../errors.js";
import { DefaultNames } from "./default-names.js";
import { readSettings } from "./settings.js";

const NEVER = new AbortController().signal;

function refusal(given: unknown): { option: string; message: string } {
  try {
    readSettings(given);
  } catch (error) {
    expect(isHoldfastError(error)).toBe(true);
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    return error as Error & { option: string };
  }
  throw new Error("it was not refused");
}

describe("a policy", () => {
  it("has the defaults of the guides", () => {
    const settings = readSettings(undefined, new DefaultNames());
    expect(settings).toMatchObject({
      name: "policy",
      timeout: 5000,
      totalTimeout: Number.POSITIVE_INFINITY,
      idempotent: false,
      retries: 2,
      fallback: undefined,
      hedge: undefined,
      breaker: { halfOpenAfter: 30_000, max: 256 },
    });
    expect(settings.key("orders.17.paid")).toBe("orders.{id}.paid");
    const strategy = settings.breaker?.make() as ConsecutiveBreaker;
    expect(strategy).toBeInstanceOf(ConsecutiveBreaker);
    expect([1, 2, 3, 4, 5].map(() => strategy.failure())).toEqual([false, false, false, false, true]);
    const delays = settings.delays();
    for (const [attempt, about] of [
      [1, 100],
      [2, 200],
      [3, 400],
    ]) {
      const delay = delays(attempt, new Error(), NEVER);
      expect(delay).toBeGreaterThanOrEqual(about * 0.8);
      expect(delay).toBeLessThanOrEqual(about * 1.2);
    }
  });

  it("false switches each part off", () => {
    const off = { timeout: false, retry: false, breaker: false, fallback: false, hedge: false };
    expect(readSettings(off)).toMatchObject({
      timeout: Number.POSITIVE_INFINITY,
      retries: 0,
      breaker: undefined,
      fallback: undefined,
      hedge: undefined,
    });
  });

  it("takes a number of retries, cockatiel's backoffs and breakers", () => {
    expect(readSettings({ retry: 7 }).retries).toBe(7);
    const delays = readSettings({ retry: { backoff: new ConstantBackoff(17) } }).delays();
    expect([1, 2].map((attempt) => delays(attempt, new Error(), NEVER))).toEqual([17, 17]);
    expect(readSettings({ breaker: { sampling: {} } }).breaker?.make()).toBeInstanceOf(SamplingBreaker);
    const strategy = () => new CountBreaker({ threshold: 0.5, size: 10 });
    expect(readSettings({ breaker: { strategy } }).breaker?.make()).toBeInstanceOf(CountBreaker);
  });

  it.each<[unknown, string]>([
    [{ timeout: 0 }, "timeout"],
    [{ timeout: "5s" }, "timeout"],
    [{ timeout: Number.NaN }, "timeout"],
    [{ timeout: 2 ** 31 }, "timeout"],
    [{ timeout: true }, "timeout"],
    [{ totalTimeout: -1 }, "totalTimeout"],
    [{ totalTimeout: false }, "totalTimeout"],
    [{ idempotent: 1 }, "idempotent"],
    [{ name: "" }, "name"],
    [{ name: "a\nb" }, "name"],
    [{ name: "x".repeat(129) }, "name"],
    [{ retry: -1 }, "retry.retries"],
    [{ retry: 1.5 }, "retry.retries"],
    [{ retry: true }, "retry"],
    [{ retry: { retries: 1001 } }, "retry.retries"],
    [{ retry: { when: 1 } }, "retry.when"],
    [{ retry: { backoff: 100 } }, "retry.backoff"],
    [{ retry: { backoff: { initial: -1 } } }, "backoff.initial"],
    [{ breaker: true }, "breaker"],
    [{ breaker: { failures: 0 } }, "breaker.failures"],
    [{ breaker: { failures: 2.5 } }, "breaker.failures"],
    [{ breaker: { halfOpenAfter: 0 } }, "breaker.halfOpenAfter"],
    [{ breaker: { key: "orders" } }, "breaker.key"],
    [{ breaker: { when: {} } }, "breaker.when"],
    [{ breaker: { max: 0 } }, "breaker.max"],
    [{ breaker: { sampling: { threshold: 1 } } }, "breaker.sampling.threshold"],
    [{ breaker: { sampling: { duration: 0 } } }, "breaker.sampling.duration"],
    [{ breaker: { sampling: { minimumRps: -1 } } }, "breaker.sampling.minimumRps"],
    [{ breaker: { sampling: {}, failures: 3 } }, "breaker"],
    [{ breaker: { strategy: new ConsecutiveBreaker(3) } }, "breaker.strategy"],
    [{ breaker: { strategy: () => undefined } }, "breaker.strategy"],
    [{ breaker: { strategy: () => Promise.reject } }, "breaker.strategy"],
    [{ fallback: "sorry" }, "fallback"],
    [{ hedge: {}, idempotent: true }, "hedge.after"],
    [{ hedge: { after: "p42" }, idempotent: true }, "hedge.after"],
    [{ hedge: { after: 0 }, idempotent: true }, "hedge.after"],
    [{ hedge: { after: 10, max: 6 }, idempotent: true }, "hedge.max"],
    [{ hedge: { after: 10 } }, "hedge"],
    [{ hedge: { after: 10 }, idempotent: false }, "hedge"],
    [{ retrys: 1 }, "retrys"],
    [[], ""],
    [null, ""],
  ])("%o is refused, and the option named", (given, option) => {
    expect(refusal(given).option).toBe(option);
  });

  it("a strategy that throws is found out at once; the error says which option, and has the cause", () => {
    const cause = new RangeError("no threshold");
    const strategy = () => {
      throw cause;
    };
    expect(refusal({ breaker: { strategy } })).toMatchObject({ option: "breaker.strategy", cause });
  });

  it("a key that is no string, or throws, is told at the call", () => {
    const { key } = readSettings({ breaker: { key: () => 7 } });
    expect(() => key("a")).toThrowError(expect.objectContaining({ option: "breaker.key" }));
    const thrower = () => {
      throw new Error("no");
    };
    expect(() => readSettings({ breaker: { key: thrower } }).key("a")).toThrowError(
      expect.objectContaining({ option: "breaker.key" }),
    );
  });
});

it.each([
  [{ retries: 3 }, "retries", "retry"],
  [{ circuitBreaker: {} }, "circuitBreaker", "breaker"],
  [{ retry: { maxAttempts: 3 } }, "retry.maxAttempts", "retry.retries"],
  [{ breaker: { threshold: 3 } }, "breaker.threshold", "breaker.failures"],
  [{ breaker: { resetTimeout: 3 } }, "breaker.resetTimeout", "breaker.halfOpenAfter"],
])("what is known under another name is found: %j", (given, option, name) => {
  const message = `option "${option}" is unknown; did you mean "${name}"?`;
  expect(refusal(given)).toMatchObject({ option, message });
});
