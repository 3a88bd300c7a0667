import { closest, distance } from "fastest-levenshtein";
import { CodedError, describeCause } from "../errors.js";
import type { ConnectionOptions } from "./options.js";
import { checkOverflow } from "./overflow.js";
import type { PendingLimit } from "./pending-limit.js";

type Check = (value: unknown) => string | undefined;

const text: Check = (value) => (typeof value === "string" ? undefined : "must be a string");
const flag: Check = (value) => (typeof value === "boolean" ? undefined : "must be true or false");
const callable: Check = (value) => (typeof value === "function" ? undefined : "must be a function");

function number(min: number, max: number, unit: string): Check {
  return (value) =>
    typeof value === "number" && value >= min && value <= max
      ? undefined
      : `must be a number of ${unit} from ${min} to ${max}`;
}

function integer(min: number, max: number): Check {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `must be an integer from ${min} to ${max}`;
}

const DAY = 86_400_000;
const ms = (min: number) => number(min, DAY, "milliseconds");
/** Sizes are bounded by what a process can hold. */
const bytes = (min: number) => integer(min, 2 ** 34);

const record: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? undefined : "must be an object";

/** A limit that may be lifted: -1 or Infinity. */
const limit = (max: number): Check => {
  const inRange = integer(1, max);
  return (value) =>
    value === -1 || value === Number.POSITIVE_INFINITY || inRange(value) === undefined
      ? undefined
      : `must be an integer from 1 to ${max}, or -1 for no limit`;
};

const CHECKS: Record<keyof ConnectionOptions, Check> = {
  servers: (value) => {
    const list = Array.isArray(value) ? value : [value];
    if (list.length === 0) return "must name at least one server";
    return list.every((entry) => typeof entry === "string")
      ? undefined
      : "must be a string or an array of strings";
  },
  port: integer(1, 65_535),
  name: text,
  user: text,
  pass: text,
  token: text,
  authenticator: (value) => {
    const list = Array.isArray(value) ? value : [value];
    return list.every((entry) => typeof entry === "function")
      ? undefined
      : "must be a function or an array of functions";
  },
  timeout: ms(1),
  reconnect: flag,
  maxReconnectAttempts: integer(-1, Number.MAX_SAFE_INTEGER),
  backoff: record,
  reconnectTimeWait: ms(0),
  reconnectJitter: ms(0),
  reconnectDelayHandler: callable,
  noRandomize: flag,
  pingInterval: number(-DAY, DAY, "milliseconds"),
  maxPingOut: integer(1, 1_000_000),
  stallTimeout: ms(0),
  flusherTimeout: ms(0),
  partitionThreshold: ms(0),
  noEcho: flag,
  verbose: flag,
  pedantic: flag,
  ignoreClusterUpdates: flag,
  inboxPrefix: text,
  ignoreAuthErrorAbort: flag,
  waitOnFirstConnect: flag,
  retryOnFailedConnect: flag,
  delivery: (value) =>
    value === "at-least-once" || value === "at-most-once"
      ? undefined
      : 'must be "at-least-once" or "at-most-once"',
  reconnectBufSize: bytes(-1),
  maxBufferedMessages: limit(10 ** 9),
  overflow: checkOverflow,
  maxPending: bytes(1),
  pendingLimit: record,
  replayMargin: number(0, 60_000, "milliseconds"),
  beforeReplay: callable,
  beforeReplayTimeout: ms(1),
  closeTimeout: ms(0),
  drainTimeout: ms(0),
  connectedCb: callable,
  closedCb: callable,
  disconnectedCb: callable,
  reconnectedCb: callable,
  reconnectErrCb: callable,
  discoveredServersCb: callable,
  asyncErrorCb: callable,
  lameDuckCb: callable,
};

const BACKOFF_CHECKS: Record<string, Check> = {
  initial: ms(1),
  max: ms(1),
  factor: number(1, 1000, "times"),
  jitter: (value) =>
    value === "full" ? undefined : number(0, 1, "parts")(value) && 'must be "full" or a number from 0 to 1',
  maxAttempts: (value) =>
    value === Number.POSITIVE_INFINITY ? undefined : integer(1, Number.MAX_SAFE_INTEGER)(value),
};

const PENDING_CHECKS: Record<keyof PendingLimit, Check> = {
  messages: limit(10 ** 9),
  bytes: limit(2 ** 34),
  policy: (value) =>
    value === "drop-newest" || value === "drop-oldest" ? undefined : 'must be "drop-newest" or "drop-oldest"',
};

/** Options that nats.js or nats.go have and this version has not: said plainly rather than ignored. */
const NOT_YET = new Set([
  "tls",
  "reconnectJitterTLS",
  "resolve",
  "reconnectToServer",
  "debug",
  "noAsyncTraces",
  "dialer",
  "preferredServers",
  "standby",
]);

/** Further apart than this, two names are no misspelling of each other. */
const MISSPELT = 4;

/** An error that names the option. */
export function optionError(option: string, why: string): CodedError {
  return new CodedError("INVALID_OPTION", `option "${option}" ${why}`, { option });
}

/**
 * Refuses unknown names, wrong types and contradictions. `undefined` counts as absent everywhere. Returns a
 * copy: what happens to the user's object afterwards changes nothing.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the option, and a suggestion for a misspelling
 */
export function checkOptions(options: unknown): ConnectionOptions {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new CodedError("INVALID_OPTION", "the options must be an object");
  }
  const given = checkAll(options as Record<string, unknown>, CHECKS, "") as ConnectionOptions;
  if (given.backoff !== undefined) {
    given.backoff = checkAll(given.backoff as Record<string, unknown>, BACKOFF_CHECKS, "backoff.");
    const { initial, max } = given.backoff;
    if (initial !== undefined && max !== undefined && initial > max) {
      throw optionError("backoff.initial", "must not be larger than backoff.max");
    }
  }
  given.pendingLimit = checkPendingLimit(given.pendingLimit);
  checkContradictions(given);
  return given;
}

/**
 * Checks option `pendingLimit`, of a connection or of a subscription.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the option
 */
export function checkPendingLimit(given: unknown): PendingLimit | undefined {
  if (given === undefined) return undefined;
  const wrong = record(given);
  if (wrong !== undefined) throw optionError("pendingLimit", wrong);
  return checkAll(given as Record<string, unknown>, PENDING_CHECKS, "pendingLimit.");
}

/** Reads each option once, inherited ones too, and copies what it has checked. */
function checkAll(
  given: Record<string, unknown>,
  checks: Record<string, Check>,
  prefix: string,
): Record<string, unknown> {
  const checked: Record<string, unknown> = {};
  for (const name of namesOf(given, prefix)) {
    if (!Object.hasOwn(checks, name)) {
      if (given[name] === undefined) continue;
      throw unknownOption(name, Object.keys(checks), prefix);
    }
    const { value, wrong } = look(given, name, checks[name]);
    if (wrong !== undefined) throw optionError(prefix + name, wrong);
    if (value !== undefined) checked[name] = value;
  }
  return checked;
}

/** Names of the options that are given, inherited ones too. */
function namesOf(given: object, prefix: string): string[] {
  const names: string[] = [];
  try {
    for (const name in given) names.push(name);
  } catch (cause) {
    const what = prefix === "" ? "the options" : `option "${prefix.slice(0, -1)}"`;
    throw new CodedError("INVALID_OPTION", `${what} cannot be read: ${describeCause(cause)}`, {
      option: prefix.slice(0, -1),
    });
  }
  return names;
}

/** Reads an option and checks it. What throws when it is looked at is wrong. */
function look(
  given: Record<string, unknown>,
  name: string,
  check: Check,
): { value: unknown; wrong: string | undefined } {
  try {
    const found = given[name];
    const value = Array.isArray(found) ? [...found] : found;
    return { value, wrong: value === undefined ? undefined : check(value) };
  } catch (cause) {
    return { value: undefined, wrong: `cannot be read: ${describeCause(cause)}` };
  }
}

function unknownOption(name: string, known: string[], prefix: string): CodedError {
  if (prefix === "" && NOT_YET.has(name)) return optionError(name, "is not supported yet by this version");
  const near = closest(
    name.toLowerCase(),
    known.map((other) => other.toLowerCase()),
  );
  const match = known.find((other) => other.toLowerCase() === near);
  const isNear =
    match !== undefined && distance(name.toLowerCase(), near) <= Math.min(MISSPELT, name.length / 2);
  return optionError(prefix + name, isNear ? `is unknown; did you mean "${prefix}${match}"?` : "is unknown");
}

function checkContradictions(given: ConnectionOptions): void {
  const both = (a: keyof ConnectionOptions, b: keyof ConnectionOptions) => {
    if (given[a] !== undefined && given[b] !== undefined)
      throw optionError(a, `and option "${b}" exclude each other`);
  };
  both("servers", "port");
  both("backoff", "reconnectTimeWait");
  both("backoff", "reconnectDelayHandler");
  both("reconnectTimeWait", "reconnectDelayHandler");
  both("token", "user");
  if (given.pass !== undefined && given.user === undefined) throw optionError("pass", 'needs option "user"');
  if (given.reconnectJitter !== undefined && given.reconnectTimeWait === undefined) {
    throw optionError(
      "reconnectJitter",
      'needs option "reconnectTimeWait"; jitter of the default is "backoff.jitter"',
    );
  }
  if (given.beforeReplayTimeout !== undefined && given.beforeReplay === undefined) {
    throw optionError("beforeReplayTimeout", 'needs option "beforeReplay"');
  }
  if (
    given.reconnect === false &&
    (given.waitOnFirstConnect === true || given.retryOnFailedConnect === true)
  ) {
    throw optionError("reconnect", "false excludes waiting for the first connect");
  }
}
