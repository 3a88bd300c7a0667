import { isAddress } from "../io/local-address.js";
import { checkContradictions } from "./contradictions.js";
import { type Check, callable, flag, integer, number, readOptions, record, text } from "./option-checks.js";
import { optionError } from "./option-error.js";
import type { ConnectionOptions, FailbackOptions } from "./options.js";
import { checkOutbox, checkOverflow } from "./overflow.js";
import type { PendingLimit } from "./pending-limit.js";
import { checkPreferred } from "./preferred-servers.js";

const DAY = 86_400_000;
const ms = (min: number) => number(min, DAY, "milliseconds");
/** Sizes are bounded by what a process can hold. */
const bytes = (min: number) => integer(min, 2 ** 34);

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
  // What is in it is checked by toTls().
  tls: (value) => (value === null ? undefined : record(value)),
  // What is in it is checked by toWebSocket().
  websocket: record,
  timeout: ms(1),
  reconnect: flag,
  maxReconnectAttempts: integer(-1, Number.MAX_SAFE_INTEGER),
  backoff: record,
  reconnectTimeWait: ms(0),
  reconnectJitter: ms(0),
  reconnectJitterTLS: ms(0),
  reconnectDelayHandler: callable,
  reconnectToServer: callable,
  preferredServers: checkPreferred,
  failback: (value) =>
    value === false || record(value) === undefined ? undefined : "must be false or an object",
  standby: flag,
  moveSettle: ms(0),
  lameDuckJitter: ms(0),
  noRandomize: flag,
  resolve: flag,
  dialer: callable,
  localAddress: (value) => (isAddress(value) ? undefined : "must be an IP address of this host"),
  localPort: integer(1, 65_535),
  keepAlive: (value) =>
    typeof value === "boolean" || ms(1)(value) === undefined
      ? undefined
      : `must be true, false, or a number of milliseconds from 1 to ${DAY}`,
  noDelay: flag,
  pingInterval: number(-DAY, DAY, "milliseconds"),
  maxPingOut: integer(1, 1_000_000),
  stallTimeout: ms(0),
  flusherTimeout: ms(0),
  partitionThreshold: ms(0),
  noEcho: flag,
  verbose: flag,
  debug: flag,
  noAsyncTraces: flag,
  pedantic: flag,
  ignoreClusterUpdates: flag,
  resubscribeOnPermission: flag,
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
  outbox: checkOutbox,
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
    value === "spread" || value === "full"
      ? undefined
      : number(0, 1, "parts")(value) && 'must be "spread", "full" or a number from 0 to 1',
  maxAttempts: (value) =>
    value === Number.POSITIVE_INFINITY ? undefined : integer(1, Number.MAX_SAFE_INTEGER)(value),
};

const FAILBACK_CHECKS: Record<keyof FailbackOptions, Check> = {
  interval: ms(1),
  stable: ms(0),
};

const PENDING_CHECKS: Record<keyof PendingLimit, Check> = {
  messages: limit(10 ** 9),
  bytes: limit(2 ** 34),
  policy: (value) =>
    value === "drop-newest" || value === "drop-oldest" ? undefined : 'must be "drop-newest" or "drop-oldest"',
};

/** The names of all options of {@link connect}. */
export const connectionOptionNames: ReadonlySet<string> = new Set(Object.keys(CHECKS));

/** What other libraries, and other languages' NATS clients, call it. */
const MEANT: Readonly<Record<string, string>> = {
  ...alike(["url", "urls", "uri", "host", "hosts", "hostname", "server", "nats"], 'did you mean "servers"?'),
  ...alike(["username"], 'did you mean "user"?'),
  ...alike(["password"], 'did you mean "pass"?'),
  ...alike(
    ["creds", "credentials", "credsFile", "userCreds"],
    'credentials are given as "authenticator": credsFileAuthenticator(path)',
  ),
  ...alike(
    ["nkey", "nkeySeed", "jwt"],
    'give "authenticator": nkeyAuthenticator(seed) or jwtAuthenticator(jwt, seed)',
  ),
  ...alike(["ssl", "tlsOptions", "secure"], 'did you mean "tls"?'),
  ...alike(["ca", "caFile", "cert", "certFile", "key", "keyFile"], 'it belongs into option "tls"'),
  ...alike(["maxReconnects", "maxReconnect"], 'did you mean "maxReconnectAttempts"?'),
  ...alike(["reconnectWait"], 'did you mean "reconnectTimeWait"?'),
};

function alike(names: string[], meant: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, meant]));
}

/**
 * Refuses unknown names, wrong types and contradictions. `undefined` counts as absent everywhere. Returns a
 * copy: what happens to the user's object afterwards changes nothing.
 *
 * @throws CodedError `INVALID_OPTION` with the name of the option, and a suggestion for a misspelling
 */
export function checkOptions(options: unknown): ConnectionOptions {
  const known = (name: string) => (Object.hasOwn(MEANT, name) ? `is unknown; ${MEANT[name]}` : undefined);
  const given: ConnectionOptions = readOptions(options, { checks: CHECKS, refuse: optionError, known });
  if (given.backoff !== undefined) {
    given.backoff = readOptions(given.backoff, {
      checks: BACKOFF_CHECKS,
      refuse: optionError,
      prefix: "backoff.",
    });
    const { initial, max } = given.backoff;
    if (initial !== undefined && max !== undefined && initial > max) {
      throw optionError("backoff.initial", "must not be larger than backoff.max");
    }
  }
  if (typeof given.failback === "object") {
    given.failback = readOptions(given.failback, {
      checks: FAILBACK_CHECKS,
      refuse: optionError,
      prefix: "failback.",
    });
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
  return readOptions(given, { checks: PENDING_CHECKS, refuse: optionError, prefix: "pendingLimit." });
}
