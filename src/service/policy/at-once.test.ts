import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { PolicyOptions } from "./options.js";
import { policy } from "./policy.js";

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
let warned: unknown[];
beforeEach(() => {
  process.on("unhandledRejection", note);
  warned = [];
  vi.spyOn(process, "emitWarning").mockImplementation((warning) => warned.push(warning));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.off("unhandledRejection", note);
  unhandled.splice(0);
});

const OWN = new Error("call");
const boom = async () => {
  throw new Error("later");
};
const failed = { code: "CALLBACK_FAILED" };

it.each<[string, PolicyOptions, object, object[]]>([
  ["retry.when", { retry: { retries: 1, when: boom } }, OWN, [failed]],
  ["retry.backoff", { idempotent: true, retry: { backoff: { next: boom as never } } }, OWN, [failed]],
  ["its duration", { idempotent: true, retry: { backoff: late() } }, OWN, [failed]],
  ["breaker.when", { retry: false, breaker: { when: boom } }, OWN, [failed]],
  ["breaker.key", { breaker: { key: boom as never } }, { option: "breaker.key" }, []],
  ["a strategy's failure()", strategy({ failure: boom as never }), OWN, [failed]],
  ["a strategy's success()", strategy({ success: boom as never }), {}, [failed]],
])(
  "%s that answers with a promise: nothing that nobody handles, and it is told",
  async (_, options, error, told) => {
    const made = policy(options);
    await made
      .execute(async () => {
        if (error !== OWN) return "answer";
        throw OWN;
      })
      .then(
        (answer) => expect(answer).toBe("answer"),
        (thrown) => expect(thrown).toEqual(expect.objectContaining(error)),
      );
    await new Promise(setImmediate);
    expect(unhandled).toEqual([]);
    if (told.length === 0) expect(warned).toEqual([]);
    else expect(warned[0]).toMatchObject(told[0]);
  },
);

it("a strategy that is made later is refused, and its failure handled", async () => {
  expect(() => policy({ breaker: { strategy: boom as never } })).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", option: "breaker.strategy" }),
  );
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});

it("an asynchronous success() that does well is no failure", async () => {
  await policy(strategy({ success: (async () => {}) as never })).execute(async () => 1);
  await new Promise(setImmediate);
  expect(warned).toEqual([]);
});

function strategy(methods: object): PolicyOptions {
  return {
    retry: false,
    breaker: {
      strategy: () => Object.assign({ state: 0, success: () => {}, failure: () => false }, methods),
    },
  };
}

/** A backoff whose wait is known later. */
function late() {
  const one = {
    next: () => one,
    get duration() {
      return boom() as never;
    },
  };
  return one;
}
