import { ConsecutiveBreaker, type IBreaker } from "cockatiel";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Breaker } from "./breaker.js";
import { Breakers } from "./breakers.js";
import type { Verdict } from "./judgement.js";

const FAILED = new Error("failed");
const HALF_OPEN_AFTER = 1000;
const LONGEST = 500;

let changes: string[];
let reports: Error[];
const host = {
  changed: (_: string, from: string, to: string) => changes.push(`${from} > ${to}`),
  report: (error: Error) => reports.push(error),
};
const settings = (make: () => IBreaker = () => new ConsecutiveBreaker(3), max = 256) => ({
  make,
  halfOpenAfter: HALF_OPEN_AFTER,
  when: undefined,
  max,
});

beforeEach(() => {
  vi.useFakeTimers();
  changes = [];
  reports = [];
});
afterEach(() => {
  vi.useRealTimers();
});

/** Asks the breaker as calls do: `verdict` is what the call's error says. */
async function ask(
  breaker: Breaker,
  verdict: Verdict | "success",
  longest = LONGEST,
): Promise<"answer" | "error" | string> {
  const refusal = breaker.refusal();
  if (refusal !== undefined) return refusal.message;
  const call = async () => {
    if (verdict !== "success") throw FAILED;
    return "answer";
  };
  return breaker
    .run(call, () => verdict as Verdict, longest)
    .catch((error) => {
      expect(error).toBe(FAILED);
      return "error";
    });
}

async function opened(breaker: Breaker): Promise<Breaker> {
  for (let i = 0; i < 3; i++) expect(await ask(breaker, "failure")).toBe("error");
  expect(breaker.facts.state).toBe("open");
  return breaker;
}

/** A call that ends when told. */
function pending(breaker: Breaker, longest = LONGEST) {
  let end: (verdict: Verdict | "success") => void = () => {};
  let verdict: Verdict = "nothing";
  expect(breaker.refusal()).toBeUndefined();
  const call = () =>
    new Promise<string>((resolve, reject) => {
      end = (given) => {
        if (given === "success") return resolve("answer");
        verdict = given;
        reject(FAILED);
      };
    });
  const outcome = breaker
    .run(call, () => verdict, longest)
    .then(
      () => "answer",
      () => "error",
    );
  return { outcome, end: (given: Verdict | "success") => end(given) };
}

describe("a breaker", () => {
  it("opens after failures in a row; an answer in between begins anew, also one that refuses", async () => {
    const breaker = new Breaker("a", settings(), host);
    for (const verdict of ["failure", "failure", "success", "failure", "failure", "alive"] as const) {
      await ask(breaker, verdict);
    }
    expect(breaker.facts).toEqual({ subject: "a", state: "closed", opened: 0 });
    await opened(breaker);
    expect(breaker.facts).toEqual({ subject: "a", state: "open", opened: 1 });
    expect(changes).toEqual(["closed > open"]);
  });

  it("what says nothing counts as nothing: neither towards opening, nor against", async () => {
    const breaker = new Breaker("a", settings(), host);
    for (const verdict of ["failure", "nothing", "failure", "nothing", "nothing"] as const) {
      expect(await ask(breaker, verdict)).toBe("error");
    }
    expect(breaker.facts.state).toBe("closed");
    await ask(breaker, "failure");
    expect(breaker.facts.state).toBe("open");
  });

  it("that is open refuses, and says for how long; then one call tests, and success closes it", async () => {
    const breaker = await opened(new Breaker("orders.{id}", settings(), host));
    vi.advanceTimersByTime(400);
    expect(breaker.refusal()).toMatchObject({
      code: "CIRCUIT_OPEN",
      subject: "orders.{id}",
      retryable: true,
    });
    expect(await ask(breaker, "success")).toBe(
      'the circuit of "orders.{id}" is open, nothing was sent: one call is let through in 600 ms',
    );
    vi.advanceTimersByTime(599);
    expect(breaker.refusal()).toBeDefined();
    vi.advanceTimersByTime(1);
    expect(await ask(breaker, "success")).toBe("answer");
    expect(changes).toEqual(["closed > open", "open > half-open", "half-open > closed"]);
    expect(await ask(breaker, "failure")).toBe("error");
    expect(breaker.facts).toMatchObject({ state: "closed", opened: 1 });
  });

  it("a test that fails opens it again, for as long", async () => {
    const breaker = await opened(new Breaker("a", settings(), host));
    vi.advanceTimersByTime(HALF_OPEN_AFTER);
    expect(await ask(breaker, "failure")).toBe("error");
    expect(breaker.facts).toMatchObject({ state: "open", opened: 2 });
    vi.advanceTimersByTime(HALF_OPEN_AFTER - 1);
    expect(breaker.refusal()).toBeDefined();
    vi.advanceTimersByTime(1);
    expect(await ask(breaker, "alive")).toBe("error");
    expect(breaker.facts.state).toBe("closed");
  });

  it("while one call tests, others are refused at once", async () => {
    const breaker = await opened(new Breaker("a", settings(), host));
    vi.advanceTimersByTime(HALF_OPEN_AFTER);
    const test = pending(breaker);
    expect(breaker.facts.state).toBe("half-open");
    vi.advanceTimersByTime(10 * HALF_OPEN_AFTER);
    expect(await ask(breaker, "success")).toContain("one call is under way to test it");
    test.end("success");
    expect(await test.outcome).toBe("answer");
    expect(await ask(breaker, "success")).toBe("answer");
  });

  it("a test that says nothing is repeated by the next call: it neither closes it nor keeps it open", async () => {
    const breaker = await opened(new Breaker("a", settings(), host));
    vi.advanceTimersByTime(HALF_OPEN_AFTER);
    expect(await ask(breaker, "nothing")).toBe("error");
    expect(breaker.facts).toMatchObject({ state: "open", opened: 1 });
    expect(await ask(breaker, "nothing")).toBe("error");
    expect(await ask(breaker, "success")).toBe("answer");
    expect(breaker.facts.state).toBe("closed");
  });

  it("a test of which nobody knows when it ends does not keep it half-open for ever", async () => {
    const breaker = await opened(new Breaker("a", settings(), host));
    vi.advanceTimersByTime(HALF_OPEN_AFTER);
    pending(breaker, Number.POSITIVE_INFINITY);
    expect(breaker.refusal()).toBeDefined();
    vi.advanceTimersByTime(HALF_OPEN_AFTER);
    expect(await ask(breaker, "success")).toBe("answer");
    expect(breaker.facts.state).toBe("closed");
  });

  it.each(["failure", "success"] as const)(
    "what was asked before it opened has no say afterwards: a late %s",
    async (verdict) => {
      const breaker = new Breaker("a", settings(), host);
      const late = pending(breaker);
      await opened(breaker);
      vi.advanceTimersByTime(HALF_OPEN_AFTER);
      const test = pending(breaker);
      late.end(verdict);
      await late.outcome;
      expect(breaker.facts).toMatchObject({ state: "half-open", opened: 1 });
      test.end("success");
      await test.outcome;
      expect(breaker.facts.state).toBe("closed");
    },
  );

  it("a clock that is set back does not keep it open, nor one that is set forward close it early", async () => {
    const breaker = await opened(new Breaker("a", settings(), host));
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(breaker.refusal()).toBeDefined();
    vi.setSystemTime(Date.now() - 7_200_000);
    vi.advanceTimersByTime(HALF_OPEN_AFTER);
    expect(await ask(breaker, "success")).toBe("answer");
    expect(breaker.facts.state).toBe("closed");
  });

  it("retest() lets the next call through as a test", async () => {
    const breaker = await opened(new Breaker("a", settings(), host));
    breaker.retest();
    expect(breaker.facts.state).toBe("open");
    expect(await ask(breaker, "success")).toBe("answer");
    expect(breaker.facts.state).toBe("closed");
    breaker.retest();
    expect(breaker.facts.state).toBe("closed");
  });

  it("that is isolated refuses until it is released, whatever else happens", async () => {
    const breaker = await opened(new Breaker("a", settings(), host));
    breaker.isolate();
    breaker.isolate();
    vi.advanceTimersByTime(10 * HALF_OPEN_AFTER);
    breaker.retest();
    expect(await ask(breaker, "success")).toContain("isolated by hand");
    breaker.release();
    expect(await ask(breaker, "success")).toBe("answer");
    breaker.release();
    expect(breaker.facts).toMatchObject({ state: "closed", opened: 1 });
    expect(changes).toEqual(["closed > open", "open > isolated", "isolated > closed"]);
  });

  it("a strategy that throws costs nobody an answer, and is told", async () => {
    const cause = new Error("no");
    const fail = () => {
      throw cause;
    };
    const breaker = new Breaker(
      "a",
      settings(() => ({ state: 0, success: fail, failure: fail })),
      host,
    );
    expect(await ask(breaker, "success")).toBe("answer");
    expect(await ask(breaker, "failure")).toBe("error");
    expect(reports).toHaveLength(2);
    expect(reports[0]).toMatchObject({ code: "CALLBACK_FAILED", cause });
    expect(breaker.facts.state).toBe("closed");
  });
});

describe("breakers", () => {
  const names = (breakers: Breakers) => breakers.facts.map(({ subject }) => subject);

  it("are one for each subject", async () => {
    const breakers = new Breakers(settings(), host);
    await opened(breakers.of("a"));
    expect(breakers.of("a").facts.state).toBe("open");
    expect(breakers.of("b").facts.state).toBe("closed");
  });

  it("are no more than wanted: closed ones make room, the one used least recently first", () => {
    const breakers = new Breakers(settings(undefined, 3), host);
    for (const subject of ["a", "b", "c", "a", "d"]) breakers.of(subject);
    expect(names(breakers)).toEqual(["c", "a", "d"]);
    for (let i = 0; i < 10_000; i++) breakers.of(`s${i}`);
    expect(breakers.facts).toHaveLength(3);
  });

  it("open ones stay; what has no room then shares one", async () => {
    const breakers = new Breakers(settings(undefined, 2), host);
    await opened(breakers.of("a"));
    await opened(breakers.of("b"));
    const shared = breakers.of("c");
    expect(breakers.of("d")).toBe(shared);
    expect(breakers.facts).toMatchObject([
      { subject: "a", state: "open" },
      { subject: "b", state: "open" },
      { subject: ">", state: "closed" },
    ]);
    await opened(shared);
    expect(breakers.of("e").facts).toMatchObject({ subject: ">", state: "open" });
    expect(breakers.facts).toHaveLength(3);
  });

  it("an isolated one has room, and stays", async () => {
    const breakers = new Breakers(settings(undefined, 1), host);
    await opened(breakers.of("a"));
    breakers.isolate("b");
    expect(breakers.of("b").facts.state).toBe("isolated");
    breakers.release("b");
    breakers.release("never there");
    expect(breakers.of("b").facts.state).toBe("closed");
  });
});
