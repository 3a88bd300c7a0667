import { getEventListeners } from "node:events";
import { ConstantBackoff, handleAll, noop, retry, TimeoutStrategy, timeout, wrap } from "cockatiel";
import { expect, it } from "vitest";
import { executeForeign } from "./foreign-policy.js";
import type { PolicyOptions } from "./options.js";
import { policy } from "./policy.js";

const TIMES = 20;

/** Signals that Node keeps for those made of this one: Node 20 never forgets them. */
function dependantsOf(signal: AbortSignal): number {
  const symbols = Object.getOwnPropertySymbols(signal).filter((one) => /dependant/i.test(String(one)));
  const sets = symbols.map((symbol) => (signal as unknown as Record<symbol, { size: number }>)[symbol]);
  return sets.reduce((sum, { size }) => sum + size, 0);
}

const own = (options: PolicyOptions) => (signal: AbortSignal) =>
  policy({ breaker: false, ...options }).execute(async () => 1, { signal });
const foreign = (by: Parameters<typeof executeForeign>[0], totalTimeout?: number) => (signal: AbortSignal) =>
  executeForeign(by, async () => 1, { subject: "a", timeout: undefined, totalTimeout, signal });
const wrapped = wrap(
  retry(handleAll, { maxAttempts: 2, backoff: new ConstantBackoff(1) }),
  timeout(1000, TimeoutStrategy.Aggressive),
);

it("is seen by this test when something is left at it", () => {
  const { signal } = new AbortController();
  const made = AbortSignal.any([signal]);
  expect(dependantsOf(signal), "signals made of it").toBe(1);
  expect(made.aborted).toBe(false);
});

it.each([
  ["a policy", own({})],
  ["a policy that hedges", own({ idempotent: true, hedge: { after: 1000 } })],
  ["a fallback", own({ totalTimeout: 1000, fallback: () => 1 })],
  ["one of cockatiel's", foreign(wrapped)],
  ["one of cockatiel's, with totalTimeout", foreign(noop, 1000)],
])("%s leaves nothing at a signal that many calls share", async (_, call) => {
  const { signal } = new AbortController();
  for (let i = 0; i < TIMES; i++) expect(await call(signal)).toBe(1);
  expect(dependantsOf(signal)).toBe(0);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("a fallback that never settles leaves nothing at it either", async () => {
  const { signal } = new AbortController();
  const made = policy({ retry: false, totalTimeout: 1, fallback: () => new Promise(() => {}) });
  const failing = () => Promise.reject(new Error("no"));
  await expect(made.execute(failing, { signal })).rejects.toThrow("no");
  await new Promise((resolve) => setImmediate(resolve));
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

it("still ends both of a hedged call, with its reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const signals: AbortSignal[] = [];
  const made = policy({ idempotent: true, hedge: { after: 1 } });
  let second: () => void = () => {};
  const both = new Promise<void>((resolve) => {
    second = resolve;
  });
  const outcome = made.execute(
    ({ signal }) => {
      if (signals.push(signal) === 2) second();
      return new Promise(() => {});
    },
    { signal: controller.signal },
  );
  await both;
  controller.abort(reason);
  await expect(outcome).rejects.toBe(reason);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});
