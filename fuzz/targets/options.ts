import assert from "node:assert/strict";
import fc from "fast-check";
import { type Settings, toSettings } from "../../src/client/settings.js";
import { ServerPool } from "../../src/core/pool.js";
import { publicError } from "../../src/interop/errors.js";
import { expectCode } from "../expect-code.js";
import { anyRecipe, build, type Recipe } from "../recipe.js";
import { expectNoSecret, SECRET } from "../secret.js";
import { target } from "../target.js";

/** What is given to `connect()`. */
export interface OptionsInput {
  readonly options: Recipe;
}

const TEXTS = ["", "a", "a b", "x\r\ny", SECRET, "drop-oldest", "at-most-once", "full", "spread", "reject"];
const text = fc.constantFrom<Recipe>(...TEXTS);
const ms = fc.constantFrom<Recipe>(
  0,
  1,
  0.5,
  100,
  5000,
  86_400_000,
  86_400_001,
  -1,
  { $: "Infinity" },
  { $: "NaN" },
);
const count = fc.constantFrom<Recipe>(
  -1,
  0,
  1,
  2,
  100,
  1.5,
  2 ** 34,
  2 ** 34 + 1,
  2 ** 53,
  { $: "Infinity" },
  { $: "bigint" },
);
const flag = fc.constantFrom<Recipe>(true, false);
const callback = fc.constantFrom<Recipe>({ $: "function" }, { $: "thrower" }, { $: "class" });
const SERVERS: Recipe[] = [
  "a",
  "a:1,b:2",
  " , ",
  `nats://me:${SECRET}@h:4222`,
  `me:${SECRET}@`,
  `nats://${SECRET}@h:99999`,
  `:${SECRET}@h/`,
  "::1",
  "tls://h",
  "ws://h",
  "h:0",
];
const server = fc.constantFrom(...SERVERS);

/** Names of all options, and values of which many are right. */
const OPTIONS: Record<string, fc.Arbitrary<Recipe>> = {
  servers: fc.oneof(server, fc.array(server, { maxLength: 3 })),
  port: fc.constantFrom<Recipe>(0, 1, 4222, 65_535, 65_536, 1.5, "4222"),
  name: text,
  user: text,
  pass: text,
  token: text,
  authenticator: fc.oneof(callback, fc.array(callback, { maxLength: 2 })),
  timeout: ms,
  reconnect: flag,
  maxReconnectAttempts: count,
  backoff: fc.record(
    { initial: ms, max: ms, factor: count, jitter: fc.oneof(text, ms), maxAttempts: count, other: text },
    { requiredKeys: [] },
  ),
  reconnectTimeWait: ms,
  reconnectJitter: ms,
  reconnectJitterTLS: ms,
  reconnectDelayHandler: callback,
  reconnectToServer: callback,
  resolve: flag,
  dialer: callback,
  localAddress: fc.constantFrom<Recipe>("127.0.0.1", "::1", "localhost", "127.0.0.1:1", ""),
  localPort: fc.constantFrom<Recipe>(0, 1, 4222, 65_535, 65_536, 1.5, "4222"),
  keepAlive: fc.oneof(flag, ms),
  noDelay: flag,
  debug: flag,
  noAsyncTraces: flag,
  preferredServers: fc.oneof(callback, fc.array(fc.oneof(server, text), { maxLength: 3 })),
  failback: fc.oneof(flag, fc.record({ interval: ms, stable: ms, other: ms }, { requiredKeys: [] })),
  standby: flag,
  moveSettle: ms,
  lameDuckJitter: ms,
  noRandomize: flag,
  pingInterval: ms,
  maxPingOut: count,
  stallTimeout: ms,
  flusherTimeout: ms,
  partitionThreshold: ms,
  noEcho: flag,
  verbose: flag,
  pedantic: flag,
  ignoreClusterUpdates: flag,
  inboxPrefix: fc.constantFrom<Recipe>("_INBOX", "a.b", "a..b", "a.*", ">", "", "a b", "é"),
  ignoreAuthErrorAbort: flag,
  waitOnFirstConnect: flag,
  retryOnFailedConnect: flag,
  delivery: text,
  reconnectBufSize: count,
  maxBufferedMessages: count,
  overflow: fc.oneof(
    text,
    fc.constantFrom<Recipe>({ name: "own", offer: { $: "function" } }, { name: "own" }),
  ),
  maxPending: count,
  pendingLimit: fc.record(
    { messages: count, bytes: count, policy: text, other: count },
    { requiredKeys: [] },
  ),
  replayMargin: ms,
  beforeReplay: callback,
  beforeReplayTimeout: ms,
  closeTimeout: ms,
  drainTimeout: ms,
  connectedCb: callback,
  lameDuckCb: callback,
};
const NAMES = Object.keys(OPTIONS);
const STRANGE = [
  "tls",
  "Servers",
  "server",
  "standBy",
  "__proto__",
  "constructor",
  "toString",
  "",
  "0",
  "timeOut",
];

const explosive = anyRecipe({ explosive: true });
const option = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .constantFrom(...NAMES)
      .chain((name) => OPTIONS[name].map((value) => [name, value] as const)),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...NAMES), fc.oneof(explosive, fc.constant<Recipe>({ $: "getter" }))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(...STRANGE),
      fc.oneof(explosive, fc.constant<Recipe>({ $: "getter" })),
    ),
  },
);

export function checkOptionsInput({ options }: OptionsInput, make = toSettings): void {
  const reported: Error[] = [];
  const context = {
    lastError: () => undefined,
    info: () => undefined,
    report: (error: Error) => reported.push(error),
  };
  const given = build(options);
  const { value, error } = expectCode(() => make(given, () => 0.5, context), "INVALID_OPTION");
  if (error === undefined) checkSettings(value);
  else {
    // Of what is no object, or an object that cannot be read, there is no option to name.
    const named = error.detail.option;
    if (error.message !== "the options must be an object")
      assert(named !== undefined && (named === "" || error.message.includes(`"${named}"`)), error.message);
    expectNoSecret(error, "the error");
    expectNoSecret(publicError(error), "the public error");
  }
  expectNoSecret(reported, "what is reported");
}

/** Everything that the engine works with is there, and of use. */
function checkSettings({ engine, addresses, pendingLimit, partitionThreshold }: Settings): void {
  assert(addresses.length > 0);
  for (const { port, hostname } of addresses) assert(port >= 1 && port <= 65_535 && hostname !== "");
  const { connector, liveness } = engine;
  const numbers = {
    ...liveness,
    partitionThreshold,
    timeout: engine.timeout,
    maxPending: engine.maxPending,
    highWater: engine.highWater,
    replayMargin: engine.replayMargin,
    holdTimeout: engine.holdTimeout,
    confirmInterval: engine.confirmInterval,
    moveSettle: engine.move.settle ?? 0,
    lameDuckDelay: engine.move.lameDuckDelay(),
    failbackDelay: engine.failback?.delay() ?? 0,
    standbyDelay: engine.standby?.delay(3) ?? 0,
    failbackStable: engine.failback?.stable ?? 0,
  };
  for (const [name, value] of Object.entries(numbers))
    assert(Number.isFinite(value) && value >= 0, `${name}: ${value}`);
  assert(engine.timeout > 0 && engine.maxPending >= 1 && liveness.maxPingOut >= 1);
  assert(engine.reconnectBufSize === -1 || engine.reconnectBufSize > 0);
  for (const limit of [
    engine.maxBufferedMessages,
    pendingLimit.messages,
    pendingLimit.bytes,
    connector.maxPasses,
  ])
    assert(limit >= 1, `limit ${limit}`);
  for (const pass of [1, 2, 10, 100, 10_000]) {
    for (const full of [false, true]) {
      const delay = connector.delay(pass, 0, full);
      assert(delay >= 0 && delay < 2 ** 31, `wait ${pass}: ${delay}`);
    }
  }
  const servers = new ServerPool(addresses.slice(0, 1), undefined).all;
  for (const server of servers) assert((connector.preference?.rank(server) ?? 0) >= 0);
  connector.preference?.reached(servers);
  assert(/^[^\s]+\.$/.test(engine.inbox), engine.inbox);
  assert.doesNotThrow(() => JSON.stringify(engine.connect));
}

export const options = target<OptionsInput>({
  name: "options",
  about:
    "any value as options of connect(): settings of use, or INVALID_OPTION that names it; no credentials in texts",
  inputs: () => {
    const object = fc.array(option, { maxLength: 6 }).map((pairs) => {
      const made: Record<string, Recipe> = {};
      for (const [name, value] of pairs)
        Object.defineProperty(made, name, { value, enumerable: true, configurable: true });
      return made as Recipe;
    });
    return fc.record({
      options: fc.oneof({ weight: 20, arbitrary: object }, { weight: 1, arbitrary: explosive }),
    });
  },
  check: (input) => checkOptionsInput(input),
});
