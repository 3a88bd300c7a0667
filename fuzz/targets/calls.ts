import assert from "node:assert/strict";
import { headers as makeHeaders } from "@nats-io/nats-core";
import fc from "fast-check";
import { Connection } from "../../src/client/connection.js";
import { toSettings } from "../../src/client/settings.js";
import { ErrorCode, isHoldfastError } from "../../src/errors.js";
import type { Surroundings } from "../../src/io/surroundings.js";
import { ChunkPool } from "../../src/wire/chunk.js";
import { anyRecipe, build, type Recipe } from "../recipe.js";
import { target } from "../target.js";

const METHODS = [
  "publish",
  "publishConfirmed",
  "request",
  "requestMany",
  "subscribe",
  "flush",
  "setServers",
  "publishMessage",
  "respondMessage",
] as const;

/** A call of the public API. */
export interface Call {
  readonly method: (typeof METHODS)[number];
  readonly args: readonly Recipe[];
}

export interface CallsInput {
  readonly calls: readonly Call[];
}

/** A connection in a world where nothing happens: no network, and a clock that stands. */
function makeConnection(): Connection {
  const surroundings: Surroundings = {
    clock: {
      now: () => 0,
      origin: 0,
      setTimeout: () => ({}),
      clearTimeout: () => {},
      setImmediate: () => {},
    },
    chunks: new ChunkPool(),
    dial: () => {
      throw new Error("nothing is dialled here");
    },
    look: () => undefined,
    random: () => 0.5,
  };
  const context = { lastError: () => undefined, info: () => undefined, report: () => {} };
  return new Connection(
    toSettings({ drainTimeout: 0, closeTimeout: 0 }, () => 0.5, context),
    surroundings,
  );
}

/** Errors that reach a caller have a code and a text; there are no others. */
function expectTyped(error: unknown, method: string): void {
  assert(isHoldfastError(error), `${method}: ${error instanceof Error ? error.stack : typeof error}`);
  assert(Object.hasOwn(ErrorCode, error.code), `${method}: code ${error.code}`);
  assert(error.message.length > 0, `${method}: ${error.code} without a text`);
}

/** @param spoil changes the connection, for tests of this target */
export async function checkCalls(
  { calls }: CallsInput,
  spoil: (nc: Connection) => void = () => {},
): Promise<void> {
  const nc = makeConnection();
  spoil(nc);
  const rejected: [method: string, error: unknown][] = [];
  for (const { method, args } of calls) {
    try {
      const result = Reflect.apply(nc[method], nc, args.map(toValue));
      if (result instanceof Promise) result.then(undefined, (error) => rejected.push([method, error]));
    } catch (error) {
      expectTyped(error, method);
    }
    const { accepted, confirmed, refused, pending, dropped, unconfirmed } = nc.stats();
    assert.equal(accepted, confirmed + refused + pending + dropped + unconfirmed, "the books do not balance");
  }
  void nc.close();
  await new Promise((resolve) => setImmediate(resolve));
  for (const [method, error] of rejected) expectTyped(error, method);
}

/** A recipe of kind `headers` makes headers of nats-core's. */
function toValue(recipe: Recipe): unknown {
  if (typeof recipe !== "object" || recipe === null || Array.isArray(recipe)) return build(recipe);
  const parts = recipe as Record<string, Recipe>;
  if (!Object.hasOwn(parts, "headers")) return build(recipe);
  const { headers, ...rest } = parts;
  const made = headers === "headers" ? makeHeaders() : build(headers);
  return Object.defineProperty(build(rest) as object, "headers", { value: made, enumerable: true });
}

const any = anyRecipe();
const subject = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Recipe>("a", "a.b", "$JS.API.INFO", "a b", "", ">", "a..b") },
  { weight: 1, arbitrary: any },
);
const payload = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<Recipe>("", "x", { $: "bytes" }, { $: "buffer" }, { $: "undefined" }),
  },
  { weight: 1, arbitrary: any },
);
const time = fc.oneof(fc.constantFrom<Recipe>(1, 1000, { $: "Infinity" }, 0, -1, { $: "NaN" }), any);
const of = (value: fc.Arbitrary<Recipe>, ...right: Recipe[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom<Recipe>(...right) }, { weight: 1, arbitrary: value });

const publishOptions = fc.record(
  {
    reply: of(any, "r", "r r", ""),
    headers: of(any, "headers"),
    replay: of(any, true, false),
    ttl: time,
    critical: of(any, true, false),
    bypassOverflow: of(any, true),
    traceDestination: of(any, "t", "t\r\n"),
    traceOnly: of(any, true),
  },
  { requiredKeys: [] },
);
const requestOptions = fc.record(
  {
    timeout: time,
    headers: of(any, "headers"),
    noMux: of(any, true, false),
    reply: of(any, "r", "r r"),
    strategy: of(any, "timer", "count", "stall", "sentinel"),
    maxMessages: time,
    maxWait: time,
    stall: time,
  },
  { requiredKeys: [] },
);
const subscribeOptions = fc.record(
  {
    queue: of(any, "q", "q q"),
    max: of(any, 1, 0, -1),
    timeout: time,
    callback: of(any, { $: "function" }),
    slow: of(any, 1, 0),
    pendingLimit: of(any, { messages: 1 }, { bytes: -1, policy: "drop-oldest" }, { other: 1 }),
  },
  { requiredKeys: [] },
);
const message = fc.record(
  { subject, reply: of(any, "r", ""), data: payload, headers: of(any, "headers") },
  { requiredKeys: [] },
);
const last = (given: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 8, arbitrary: given as fc.Arbitrary<Recipe> }, { weight: 1, arbitrary: any });

const call = fc
  .oneof(
    fc.tuple(
      fc.constantFrom("publish", "publishConfirmed"),
      fc.tuple(subject, payload, last(publishOptions)),
    ),
    fc.tuple(fc.constantFrom("request", "requestMany"), fc.tuple(subject, payload, last(requestOptions))),
    fc.tuple(fc.constant("subscribe"), fc.tuple(subject, last(subscribeOptions))),
    fc.tuple(fc.constant("flush"), fc.tuple(last(fc.record({ timeout: time })))),
    fc.tuple(fc.constant("setServers"), fc.tuple(of(any, ["a"], [], ["a b"], [5]))),
    fc.tuple(fc.constantFrom("publishMessage", "respondMessage"), fc.tuple(last(message))),
    fc.tuple(fc.constantFrom(...METHODS), fc.array(any, { maxLength: 3 })),
  )
  .map(([method, args]) => ({ method, args }) as Call);

export const calls = target<CallsInput>({
  name: "calls",
  about:
    "any arguments of publish, request, subscribe, …: taken, or an error with a code; books that balance",
  testRuns: 150,
  inputs: () => fc.record({ calls: fc.array(call, { minLength: 1, maxLength: 5 }) }),
  check: (input) => checkCalls(input),
});
